//! A socket that counts the bytes that hyper reads.

use super::driver::net_driver::DriverStream;
use super::io_stats::IoStats;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket with its statistics.
#[derive(Debug)]
pub(super) struct CountedStream<S> {
    stream: S,
    stats: Arc<IoStats>,
}

impl<S: DriverStream> CountedStream<S> {
    pub(super) fn new(stream: S, stats: Arc<IoStats>) -> CountedStream<S> {
        CountedStream { stream, stats }
    }

    /// Asks the kernel whether the peer has closed the idle connection.
    ///
    /// hyper reads before it writes a request, but tokio reports the readiness of its last poll, and a busy
    /// loop may not have polled since the connection was closed. The request would then go out on a closed
    /// connection, and its failure would be recorded although the server injected none. The system call is skipped if
    /// the last response had `Connection: keep-alive`: such a server closes only after some time without requests
    /// (RFC 9112 section 9.5), by when the event loop has noticed.
    fn closed_while_idle(&self) -> io::Result<bool> {
        match self.stream.socket().peek(&mut [MaybeUninit::uninit()]) {
            Ok(0) => Ok(true),
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "bytes before the request",
            )),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl<S: DriverStream> AsyncRead for CountedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stats.take_must_peek() && self.closed_while_idle()? {
            // A read of 0 bytes means the end of the stream.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let read = buf.filled().len() - before;
        if read > 0 {
            self.stats.on_read(read);
            if self.stats.lacks_progress() {
                return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
            }
        }
        polled
    }
}

impl<S: DriverStream> AsyncWrite for CountedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
