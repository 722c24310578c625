//! A socket with timeouts, exact errors and statistics.

use super::state::UreqState;
use crate::transport::io_error;
use crate::transport::socket::{self, is_transient};
use flagpole_protocol::Outcome;
use rustix::event::PollFlags;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A non-blocking socket, whose thread waits with poll(2).
#[derive(Debug)]
pub(super) struct MeteredSocket {
    stream: Arc<TcpStream>,
    state: Arc<UreqState>,
}

impl MeteredSocket {
    /// Connects, trying the addresses in order.
    pub(super) fn connect(state: &Arc<UreqState>) -> Result<MeteredSocket, Outcome> {
        state.on_connect();
        let mut failed = None;
        for address in &state.config().addresses {
            match open(*address, state)? {
                Ok(stream) => {
                    let state = state.clone();
                    return Ok(MeteredSocket { stream, state });
                }
                Err(error) => failed = Some(error),
            }
        }
        let failed = failed.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into());
        Err(io_error::connect_failed(&failed))
    }

    /// Writes all bytes of a request.
    pub(super) fn send(&self, mut bytes: &[u8]) -> Result<(), Outcome> {
        self.state.shut_down_on_cancel(&self.stream);
        self.state.on_send();
        while !bytes.is_empty() {
            match (&*self.stream).write(bytes) {
                Ok(amount) => bytes = &bytes[amount..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.stream, &self.state, PollFlags::OUT)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.to_outcome(&error)),
            }
        }
        Ok(())
    }

    /// Waits for bytes and reads them; 0 at the end of the connection.
    pub(super) fn receive(&self, room: &mut [u8]) -> Result<usize, Outcome> {
        loop {
            wait(&self.stream, &self.state, PollFlags::IN)?;
            match (&*self.stream).read(room) {
                // The client's own shutdown, after a cancellation, is reported as the end of the stream.
                Ok(0) if self.state.is_cancelled() => return Err(Outcome::Cancelled),
                Ok(amount) => {
                    self.state.on_read(amount)?;
                    return Ok(amount);
                }
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(self.to_outcome(&error)),
            }
        }
    }

    /// Whether the socket has neither bytes to read nor reached the end of the stream.
    pub(super) fn is_quiet(&self) -> bool {
        let ready = socket::wait(&self.stream, PollFlags::IN, Some(Duration::ZERO));
        ready.is_ok_and(|ready| ready.is_empty())
    }

    fn to_outcome(&self, error: &io::Error) -> Outcome {
        if self.state.is_cancelled() {
            Outcome::Cancelled
        } else {
            io_error::connection_broken(error)
        }
    }
}

/// Connects to one address. The outer error ends the exchange; after the inner error the next address is tried.
fn open(address: SocketAddr, state: &UreqState) -> Result<io::Result<Arc<TcpStream>>, Outcome> {
    let stream = match socket::start_connect(address) {
        Ok(stream) => Arc::new(stream),
        Err(error) => return Ok(Err(error)),
    };
    state.shut_down_on_cancel(&stream);
    wait(&stream, state, PollFlags::OUT)?;
    if state.is_cancelled() {
        // A connecting socket reports the client's own shutdown as a reset.
        return Err(Outcome::Cancelled);
    }
    match stream.take_error() {
        Ok(None) => Ok(Ok(stream)),
        Ok(Some(error)) | Err(error) => Ok(Err(error)),
    }
}

/// Waits until the socket is ready or has failed.
fn wait(stream: &TcpStream, state: &UreqState, interest: PollFlags) -> Result<(), Outcome> {
    loop {
        // Checked after the shutdown was armed, which handles a later cancellation.
        if state.is_cancelled() {
            return Err(Outcome::Cancelled);
        }
        match socket::wait(stream, interest, state.time_left()?) {
            Ok(ready) if ready.is_empty() => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(io_error::connection_broken(&error)),
        }
    }
}
