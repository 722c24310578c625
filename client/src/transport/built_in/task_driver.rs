//! The driver of exchanges that run as tasks of a tokio runtime.

use super::connection::{is_quiet, send};
use super::driver::{Driver, Interest};
use crate::transport::connect::{ServerAddress, connect_async};
use bytes::BytesMut;
use flagpole_protocol::{Outcome, TimeoutKind};
use std::cell::Cell;
use std::io;
use std::time::Duration;
use tokio::io::Interest as Readiness;
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio::time::timeout;

/// The most bytes that are received at once. Most responses arrive in one piece.
const BUFFER: usize = 64 << 10;

/// The least number of bytes that can be received at once.
const BUFFER_MIN: usize = 16 << 10;

thread_local! {
    /// One for all connections of a thread, so that a connection that waits needs none.
    static RECEIVED: Cell<BytesMut> = Cell::default();
}

/// The driver of a task.
#[derive(Debug, Default)]
pub(crate) struct TaskDriver {
    request: Vec<u8>,
}

impl Driver for TaskDriver {
    type Socket = TcpStream;
    type Buffer = BytesMut;

    async fn connect(
        &mut self,
        address: &ServerAddress,
        per_address: Option<Duration>,
        left: Option<Duration>,
    ) -> Result<TcpStream, Outcome> {
        let connect = connect_async(address, per_address);
        match left {
            None => connect.await,
            Some(left) => timeout(left, connect)
                .await
                .unwrap_or(Err(Outcome::Timeout(TimeoutKind::Connect, left))),
        }
    }

    /// Reads through tokio, which then clears its record that the socket is readable. Otherwise the next wait would return at
    /// once because of bytes that were read before.
    fn is_quiet(&mut self, socket: &TcpStream) -> bool {
        let mut answer = None;
        let _ = socket.try_io(Readiness::READABLE, || {
            let quiet = is_quiet(socket);
            answer = Some(quiet);
            if quiet {
                Err(io::ErrorKind::WouldBlock.into())
            } else {
                Ok(())
            }
        });
        // Without an event since the last read, tokio does not call the function.
        answer.unwrap_or_else(|| is_quiet(socket))
    }

    fn send(&mut self, socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        match send(socket, bytes) {
            // tokio waits for room only after it has seen that there is none.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                socket.try_io(Readiness::WRITABLE, || send(socket, bytes))
            }
            sent => sent,
        }
    }

    async fn wait(
        &mut self,
        socket: &TcpStream,
        interest: Interest,
        left: Option<Duration>,
    ) -> Result<(), Outcome> {
        // A server that sends without end must not keep other tasks from running.
        coop::consume_budget().await;
        let ready = socket.ready(match interest {
            Interest::Read => Readiness::READABLE,
            Interest::ReadOrWrite => Readiness::READABLE | Readiness::WRITABLE,
        });
        // An error, as the end of the time, shows in what the caller does next.
        match left {
            None => drop(ready.await),
            // Unconstrained, because a timer is never ready in a task that has used up its budget.
            Some(left) => drop(coop::unconstrained(timeout(left, ready)).await),
        }
        Ok(())
    }

    fn receive(&mut self, socket: &TcpStream, buffer: &mut BytesMut) -> io::Result<usize> {
        let received = socket.try_read_buf(buffer)?;
        // A short read has emptied the socket (epoll(7)), so that the next wait need not begin with another read.
        // Bytes that arrive later cause another event, and so does the end of the stream.
        #[cfg(target_os = "linux")]
        if received > 0 && buffer.len() < buffer.capacity() {
            let _ = socket.try_io(Readiness::READABLE, || {
                Err::<(), _>(io::ErrorKind::WouldBlock.into())
            });
        }
        Ok(received)
    }

    fn take_buffer(&mut self) -> BytesMut {
        let mut buffer = RECEIVED.take();
        buffer.clear();
        // While bodies in use share the memory, the rest of it is used first.
        if !buffer.try_reclaim(BUFFER) && buffer.capacity() < BUFFER_MIN {
            buffer.reserve(BUFFER);
        }
        buffer
    }

    fn put_buffer(&mut self, buffer: BytesMut) {
        RECEIVED.set(buffer);
    }

    fn request_buffer(&mut self) -> &mut Vec<u8> {
        &mut self.request
    }
}
