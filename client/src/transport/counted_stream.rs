//! A socket with statistics that hyper does not report: when a response began, and how many of its bytes arrived. They
//! decide how the socket is closed: by a reset while a response is outstanding, otherwise by a FIN.

use super::request::RunClock;
use super::{driver::DriverStream, response::HEAD_LIMIT};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::{io, mem::MaybeUninit, pin::Pin, sync::Arc, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Maximum number of bytes received in a row that neither complete a head nor are body data. Body data in the same
/// read counts too, but is less than one buffer.
const MAX_BYTES_WITHOUT_PROGRESS: u64 = 4 * HEAD_LIMIT as u64;

/// Statistics of one exchange at the socket. One task at a time uses them, so no memory ordering is needed; the fields
/// are atomics only so that the type is `Sync`.
#[derive(Debug)]
pub(super) struct IoStats {
    clock: RunClock,
    /// Whether the next read must ask the kernel whether the connection is closed.
    must_peek: AtomicBool,
    /// Whether the last response promised to keep the connection open.
    keep_alive: AtomicBool,
    /// Whether bytes of a request were sent whose response is neither complete nor ended by the server.
    is_outstanding: AtomicBool,
    received: AtomicU64,
    bytes_without_progress: AtomicU64,
    /// Nanoseconds since the start of the run; valid if `received` is above 0.
    first_byte: AtomicU64,
}

impl IoStats {
    pub(super) fn new(clock: RunClock) -> IoStats {
        IoStats {
            clock,
            must_peek: AtomicBool::new(false),
            keep_alive: AtomicBool::new(false),
            is_outstanding: AtomicBool::new(false),
            received: AtomicU64::new(0),
            bytes_without_progress: AtomicU64::new(0),
            first_byte: AtomicU64::new(0),
        }
    }

    /// Starts an exchange; `reused` is false for the first exchange on this connection.
    pub(super) fn begin(&self, reused: bool) {
        let must_peek = reused && !self.keep_alive.load(Relaxed);
        self.must_peek.store(must_peek, Relaxed);
        self.received.store(0, Relaxed);
        self.bytes_without_progress.store(0, Relaxed);
    }

    /// Called when the head of the final response is complete.
    pub(super) fn on_head(&self, keep_alive: bool) {
        self.on_progress();
        self.keep_alive.store(keep_alive, Relaxed);
    }

    /// Called when a head is complete or body data has arrived.
    pub(super) fn on_progress(&self) {
        self.bytes_without_progress.store(0, Relaxed);
    }

    /// Called when the response is complete.
    pub(super) fn on_complete(&self) {
        self.is_outstanding.store(false, Relaxed);
    }

    /// Bytes of this exchange's response, including the head.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// When this exchange's response began.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        (self.received() > 0).then(|| Duration::from_nanos(self.first_byte.load(Relaxed)))
    }

    /// Called after each read that returned bytes.
    ///
    /// # Errors
    /// If too many bytes arrived without progress: endless interim responses (RFC 9110 section 15.2), or a chunk size
    /// with endless leading zeros (RFC 9112 section 7.1).
    fn on_read(&self, bytes: u64) -> io::Result<()> {
        if self.received.fetch_add(bytes, Relaxed) == 0 {
            let now = u64::try_from(self.clock.now().as_nanos()).unwrap_or(u64::MAX);
            self.first_byte.store(now, Relaxed);
        }
        let before = self.bytes_without_progress.fetch_add(bytes, Relaxed);
        if before + bytes > MAX_BYTES_WITHOUT_PROGRESS {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(())
    }
}

/// A socket with its statistics.
///
/// A server keeps on sending to a peer that has sent a FIN, which may mean that the peer has no further requests. Only a
/// reset says that the peer no longer waits for the response.
#[derive(Debug)]
pub(super) struct CountedStream<S: DriverStream> {
    stream: S,
    stats: Arc<IoStats>,
}

impl<S: DriverStream> CountedStream<S> {
    /// Zero linger makes every close a reset (socket(7), `SO_LINGER`), also when the process exits or is killed.
    pub(super) fn new(stream: S, stats: Arc<IoStats>) -> CountedStream<S> {
        // Fails only if the connection has broken.
        let _ = stream.socket().set_linger(Some(Duration::ZERO));
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

impl<S: DriverStream> Drop for CountedStream<S> {
    /// Restores the close by a FIN unless a response is outstanding.
    fn drop(&mut self) {
        if !self.stats.is_outstanding.load(Relaxed) {
            let _ = self.stream.socket().set_linger(None);
        }
    }
}

impl<S: DriverStream> AsyncRead for CountedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stats.must_peek.swap(false, Relaxed) && self.closed_while_idle()? {
            // A read of 0 bytes means the end of the stream.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let read = buf.filled().len() - before;
        if read > 0 {
            self.stats.on_read(read as u64)?;
        } else if polled.is_ready() {
            // The server has closed the connection, so that nothing is left to cancel.
            self.stats.is_outstanding.store(false, Relaxed);
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
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if matches!(polled, Poll::Ready(Ok(1..))) {
            self.stats.is_outstanding.store(true, Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper shuts down a connection whose response it cannot parse, and one that is closed after a complete response
        // before the exchange has ended.
        if self.stats.is_outstanding.load(Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
