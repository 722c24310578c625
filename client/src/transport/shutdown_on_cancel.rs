//! Shuts a socket down when its exchange is cancelled, which ends a blocking wait in another thread.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// A waker that shuts a socket down. Each exchange has a waker of its own, because the waker may run after the exchange
/// has ended, when the next exchange uses the socket.
#[derive(Debug, Default)]
pub(crate) struct ShutdownOnCancel(Mutex<Option<Arc<TcpStream>>>);

impl ShutdownOnCancel {
    /// Sets the socket to shut down. The caller must check afterwards whether the exchange is already cancelled.
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

impl Wake for ShutdownOnCancel {
    fn wake(self: Arc<ShutdownOnCancel>) {
        if let Some(stream) = &*self.stream() {
            // Fails if the peer has closed the connection, which ends the wait too.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
