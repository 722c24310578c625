//! The socket: it waits no longer than it may, and tells exactly what became of it.

use super::line::Line;
use crate::transport::io_error;
use crate::transport::socket::{self, is_passing};
use flagpole_protocol::Outcome;
use rustix::event::PollFlags;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A socket that does not block; its thread waits by `poll`.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Arc<TcpStream>,
    line: Arc<Line>,
}

impl Socket {
    /// Connects, trying the addresses in order.
    pub(super) fn connect(line: &Arc<Line>) -> Result<Socket, Outcome> {
        line.connecting();
        let mut failed = None;
        for address in &line.wire().addresses {
            match open(*address, line)? {
                Ok(stream) => {
                    let line = line.clone();
                    return Ok(Socket { stream, line });
                }
                Err(error) => failed = Some(error),
            }
        }
        let failed = failed.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into());
        Err(io_error::connect_failed(&failed))
    }

    /// Sends it all.
    pub(super) fn send(&self, mut bytes: &[u8]) -> Result<(), Outcome> {
        self.line.watch(&self.stream);
        self.line.sending();
        while !bytes.is_empty() {
            match (&*self.stream).write(bytes) {
                Ok(amount) => bytes = &bytes[amount..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.stream, &self.line, PollFlags::OUT)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(())
    }

    /// Waits for bytes and takes what is there: none at the end of the connection.
    pub(super) fn receive(&self, room: &mut [u8]) -> Result<usize, Outcome> {
        loop {
            wait(&self.stream, &self.line, PollFlags::IN)?;
            match (&*self.stream).read(room) {
                // The alarm ends the connection too.
                Ok(0) if self.line.is_cancelled() => return Err(Outcome::Cancelled),
                Ok(amount) => {
                    self.line.received(amount)?;
                    return Ok(amount);
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// Whether nothing has come, neither bytes nor the end.
    pub(super) fn is_quiet(&self) -> bool {
        let ready = socket::wait(&self.stream, PollFlags::IN, Some(Duration::ZERO));
        ready.is_ok_and(|ready| ready.is_empty())
    }

    fn broken(&self, error: &io::Error) -> Outcome {
        if self.line.is_cancelled() {
            Outcome::Cancelled
        } else {
            io_error::connection_broken(error)
        }
    }
}

/// Connects to one address. The outer error ends the exchange, the inner one leaves the next address
/// to be tried.
fn open(address: SocketAddr, line: &Line) -> Result<io::Result<Arc<TcpStream>>, Outcome> {
    let stream = match socket::begin(address) {
        Ok(stream) => Arc::new(stream),
        Err(error) => return Ok(Err(error)),
    };
    line.watch(&stream);
    wait(&stream, line, PollFlags::OUT)?;
    if line.is_cancelled() {
        // To the alarm a socket that connects says that it was reset.
        return Err(Outcome::Cancelled);
    }
    match stream.take_error() {
        Ok(None) => Ok(Ok(stream)),
        Ok(Some(error)) | Err(error) => Ok(Err(error)),
    }
}

/// Waits until the socket is ready for this, or has failed.
fn wait(stream: &TcpStream, line: &Line, events: PollFlags) -> Result<(), Outcome> {
    loop {
        // Asked after the alarm has been set, which tells of what happens from now on.
        if line.is_cancelled() {
            return Err(Outcome::Cancelled);
        }
        match socket::wait(stream, events, line.left()?) {
            Ok(ready) if ready.is_empty() => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(io_error::connection_broken(&error)),
        }
    }
}
