//! The driver of exchanges that block a thread.

use super::connection::{is_quiet, receive, send};
use super::driver::{Driver, Interest};
use crate::transport::cancel_handle::CancelHandle;
use crate::transport::connect::{ServerAddress, connect_blocking};
use flagpole_protocol::Outcome;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use std::{io, mem::take};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The most bytes that are received at once. Memory is used only as far as bytes arrive.
const BUFFER: usize = 32 << 10;

/// The driver of a thread.
#[derive(Debug)]
pub(crate) struct ThreadDriver {
    request: Vec<u8>,
    buffer: Vec<u8>,
    cancellation: Cancellation,
    /// Whether the next read may block: nothing but the socket is waited for.
    may_block: bool,
}

/// Shuts down the sockets of a thread when a token is cancelled.
#[derive(Debug)]
struct Cancellation {
    handle: Arc<CancelHandle>,
    token: CancellationToken,
    /// Its waker is the handle, and is registered until this future is dropped.
    _cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Cancellation {
    fn new(token: &CancellationToken) -> Cancellation {
        let handle = Arc::new(CancelHandle::default());
        let waker = Waker::from(handle.clone());
        let mut cancelled = Box::pin(token.clone().cancelled_owned());
        // Registers the waker.
        if cancelled
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            waker.wake();
        }
        Cancellation {
            handle,
            token: token.clone(),
            _cancelled: cancelled,
        }
    }
}

impl ThreadDriver {
    /// A driver whose waits end when this token is cancelled.
    pub(crate) fn new(token: &CancellationToken) -> ThreadDriver {
        ThreadDriver {
            request: Vec::new(),
            buffer: Vec::new(),
            cancellation: Cancellation::new(token),
            may_block: false,
        }
    }

    /// From now on, the waits end when this token is cancelled. `idle` is the open connection.
    pub(crate) fn set_token(&mut self, token: &CancellationToken, idle: Option<&Arc<TcpStream>>) {
        if self.cancellation.token != *token {
            // A cancellation of the token before must not end the connection any more.
            self.cancellation.handle.disarm();
            self.cancellation = Cancellation::new(token);
            if let Some(socket) = idle {
                self.cancellation.handle.arm(socket);
            }
        }
    }

    /// Closes the sockets of connections that are closed.
    pub(crate) fn release_sockets(&self) {
        self.cancellation.handle.disarm();
    }

    fn check(&self) -> Result<(), Outcome> {
        if self.cancellation.token.is_cancelled() {
            return Err(Outcome::Cancelled);
        }
        Ok(())
    }
}

impl Driver for ThreadDriver {
    type Socket = Arc<TcpStream>;
    type Buffer = Vec<u8>;

    async fn connect(
        &mut self,
        address: &ServerAddress,
        timeout: Option<Duration>,
        left: Option<Duration>,
    ) -> Result<Arc<TcpStream>, Outcome> {
        // The connection before this one is closed.
        self.release_sockets();
        let handle = &self.cancellation.handle;
        // A deadline that the clock cannot represent is no limit.
        let deadline = left.and_then(|left| Instant::now().checked_add(left));
        let connected = connect_blocking(address, timeout, deadline, handle);
        self.check()?;
        connected
    }

    fn is_quiet(&mut self, socket: &Arc<TcpStream>) -> bool {
        is_quiet(socket)
    }

    fn send(&mut self, socket: &Arc<TcpStream>, bytes: &[u8]) -> io::Result<usize> {
        send(socket, bytes)
    }

    /// Only a time limit needs poll(2), which keeps it exactly: `SO_RCVTIMEO` starts again with every read, and is rounded to
    /// kernel ticks of up to 10 ms.
    async fn wait(
        &mut self,
        socket: &Arc<TcpStream>,
        interest: Interest,
        left: Option<Duration>,
    ) -> Result<(), Outcome> {
        self.may_block = interest == Interest::Read && left.is_none();
        if !self.may_block {
            let events = match interest {
                Interest::Read => PollFlags::IN,
                Interest::ReadOrWrite => PollFlags::IN | PollFlags::OUT,
            };
            let mut sockets = [PollFd::new(socket, events)];
            match poll(&mut sockets, left.map(timespec).as_ref()) {
                // Fails only for lack of memory; then the next read says more.
                Ok(_) | Err(Errno::INTR | Errno::NOMEM) => {}
                Err(error) => {
                    return Err(Outcome::ConnectionError {
                        message: error.to_string(),
                    });
                }
            }
        }
        self.check()
    }

    fn receive(&mut self, socket: &Arc<TcpStream>, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let flags = if take(&mut self.may_block) {
            RecvFlags::empty()
        } else {
            RecvFlags::DONTWAIT
        };
        let received = receive(socket, buffer, flags);
        // The client's own shutdown must not be reported as a close by the server.
        if self.check().is_err() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        received
    }

    fn take_buffer(&mut self) -> Vec<u8> {
        let mut buffer = take(&mut self.buffer);
        buffer.clear();
        buffer.reserve(BUFFER);
        buffer
    }

    fn put_buffer(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    fn request_buffer(&mut self) -> &mut Vec<u8> {
        &mut self.request
    }
}

/// The duration for poll(2). A duration that does not fit becomes the longest one.
fn timespec(duration: Duration) -> Timespec {
    const UNLIMITED: Timespec = Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    };
    Timespec::try_from(duration).unwrap_or(UNLIMITED)
}
