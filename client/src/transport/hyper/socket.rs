//! The socket of a connection, shared by hyper and the exchange.

use super::progress::SharedProgress;
use crate::lock::lock;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use socket2::SockRef;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket, which is closed when the exchange and hyper have dropped it.
#[derive(Clone, Debug)]
pub(super) struct SharedSocket(Arc<Mutex<Socket>>);

/// A server keeps on sending to a peer that has sent a FIN, which may mean that the peer has no further requests. Only a
/// reset says that the peer no longer waits for the response.
#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    /// That of the exchange in progress.
    progress: Option<SharedProgress>,
    /// Whether bytes of a request were sent whose response is neither complete nor ended by the server.
    is_outstanding: bool,
}

impl SharedSocket {
    /// Zero linger makes every close a reset (socket(7), `SO_LINGER`), also when the process exits or is killed.
    pub(super) fn new(stream: TcpStream) -> SharedSocket {
        // Fails only if the connection has broken.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        SharedSocket(Arc::new(Mutex::new(Socket {
            stream,
            progress: None,
            is_outstanding: false,
        })))
    }

    /// Whether a read without waiting finds nothing: the idle connection can be used.
    pub(super) fn is_quiet(&self) -> bool {
        let flags = RecvFlags::DONTWAIT | RecvFlags::PEEK;
        let found = recv(&lock(&self.0).stream, &mut [0; 1], flags);
        found.is_err_and(|error| error == Errno::WOULDBLOCK)
    }

    /// A request is about to be sent.
    pub(super) fn begin(&self, progress: &SharedProgress) {
        lock(&self.0).progress = Some(progress.clone());
    }

    /// The response is complete.
    pub(super) fn complete(&self) {
        let mut socket = lock(&self.0);
        socket.progress = None;
        socket.is_outstanding = false;
    }
}

impl Drop for Socket {
    /// Restores the close by a FIN unless a response is outstanding.
    fn drop(&mut self) {
        if !self.is_outstanding {
            let _ = SockRef::from(&self.stream).set_linger(None);
        }
    }
}

impl AsyncRead for SharedSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut socket = lock(&self.0);
        let before = buf.filled().len();
        let polled = Pin::new(&mut socket.stream).poll_read(cx, buf);
        let bytes = &buf.filled()[before..];
        if bytes.is_empty() && polled.is_ready() {
            // The server has closed the connection, so that nothing is left to cancel.
            socket.is_outstanding = false;
        } else if let (false, Some(progress)) = (bytes.is_empty(), &socket.progress) {
            progress.on_read(bytes)?;
        }
        polled
    }
}

impl AsyncWrite for SharedSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut socket = lock(&self.0);
        let polled = Pin::new(&mut socket.stream).poll_write(cx, buf);
        socket.is_outstanding |= matches!(polled, Poll::Ready(Ok(1..)));
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: hyper would send a FIN on a connection whose response it cannot parse, but the client resets such a connection.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
