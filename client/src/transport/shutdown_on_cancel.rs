//! Ends, from another thread, what a socket waits for.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// Rung when an exchange is cancelled. Each exchange has one of its own, as it may still ring after
/// the exchange has ended, when the socket is in use for the next.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Mutex<Option<Arc<TcpStream>>>);

impl Alarm {
    /// This socket will be shut down; whether the alarm has rung before is for the caller to ask.
    pub(crate) fn arm(&self, stream: &Arc<TcpStream>) {
        *self.stream() = Some(stream.clone());
    }

    pub(crate) fn disarm(&self) {
        *self.stream() = None;
    }

    fn stream(&self) -> MutexGuard<'_, Option<Arc<TcpStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Alarm>) {
        if let Some(stream) = &*self.stream() {
            // It fails when the peer has ended the connection: then nobody waits.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
