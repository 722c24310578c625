//! Ends the waits of a thread when its attempt is cancelled.

use crate::lock::lock;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Wake;

/// A waker that shuts sockets down for reading, which ends every wait for them and sends nothing: the thread that waits
/// then closes them by a reset. A thread that is blocked in a system call cannot be woken in another way.
#[derive(Debug, Default)]
pub(crate) struct CancelHandle {
    is_cancelled: AtomicBool,
    sockets: Mutex<Vec<Arc<TcpStream>>>,
}

impl CancelHandle {
    /// Adds a socket to shut down, at once if the attempt is cancelled already.
    pub(crate) fn arm(&self, socket: &Arc<TcpStream>) {
        lock(&self.sockets).push(socket.clone());
        if self.is_cancelled() {
            self.shut_down();
        }
    }

    /// Forgets all sockets.
    pub(crate) fn disarm(&self) {
        lock(&self.sockets).clear();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(SeqCst)
    }

    fn shut_down(&self) {
        for socket in &*lock(&self.sockets) {
            // Fails if the peer has closed the connection, which ends the wait too.
            let _ = socket.shutdown(Shutdown::Read);
        }
    }
}

impl Wake for CancelHandle {
    fn wake(self: Arc<CancelHandle>) {
        self.is_cancelled.store(true, SeqCst);
        self.shut_down();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::thread;

    fn connected() -> (Arc<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Arc::new(client), listener.accept().unwrap().0)
    }

    #[test]
    fn cancellation_ends_a_blocking_read() {
        let (socket, _peer) = connected();
        let handle = Arc::new(CancelHandle::default());
        handle.arm(&socket);
        let reader = thread::spawn(move || (&*socket).read(&mut [0]).unwrap());
        handle.clone().wake();
        assert_eq!(reader.join().unwrap(), 0);
        assert!(handle.is_cancelled());
    }

    #[test]
    fn socket_that_is_armed_after_the_cancellation_is_shut_down_at_once() {
        let (socket, _peer) = connected();
        let handle = Arc::new(CancelHandle::default());
        handle.clone().wake();
        handle.arm(&socket);
        assert_eq!((&*socket).read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn disarmed_socket_stays_open() {
        let (socket, peer) = connected();
        let handle = Arc::new(CancelHandle::default());
        handle.arm(&socket);
        handle.disarm();
        handle.clone().wake();
        socket.set_nonblocking(true).unwrap();
        let error = (&*socket).read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        drop(peer);
    }
}
