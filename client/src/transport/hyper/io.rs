//! The socket, and what hyper does not tell: when an answer began and how much of it came.

use super::reactor::Stream;
use crate::transport::HEAD_LIMIT;
use crate::transport::run_clock::Clock;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many bytes that bring nothing, neither the head of an answer nor data of its body, are too many. What
/// comes with either, in the same read, is less than one buffer.
const FLOOD: u64 = 4 * HEAD_LIMIT as u64;

/// What is seen of one exchange at the socket. Only one task uses it at a time, so no ordering is
/// needed; atomics make it `Send`.
#[derive(Debug)]
pub(super) struct Probe {
    clock: Clock,
    /// Whether the next read must ask the kernel.
    suspicious: AtomicBool,
    /// Whether the last answer promised that the connection will be kept.
    stays: AtomicBool,
    received: AtomicU64,
    /// Bytes since there was a head or data.
    in_vain: AtomicU64,
    /// Nanoseconds on the clock; holds if anything was received.
    first_byte: AtomicU64,
}

impl Probe {
    pub(super) fn new(clock: Clock) -> Probe {
        Probe {
            clock,
            suspicious: AtomicBool::new(false),
            stays: AtomicBool::new(false),
            received: AtomicU64::new(0),
            in_vain: AtomicU64::new(0),
            first_byte: AtomicU64::new(0),
        }
    }

    /// An exchange begins, on a connection that was used before or not.
    pub(super) fn begin(&self, used: bool) {
        self.suspicious
            .store(used && !self.stays.load(Relaxed), Relaxed);
        self.received.store(0, Relaxed);
        self.in_vain.store(0, Relaxed);
    }

    /// The head of the final answer is there, and promises that the connection will be kept, or does not.
    pub(super) fn has_head(&self, stays: bool) {
        self.has_come_on();
        self.stays.store(stays, Relaxed);
    }

    /// There is a head, or more data than before.
    pub(super) fn has_come_on(&self) {
        self.in_vain.store(0, Relaxed);
    }

    /// Whether more has come than any head takes, and there is nothing: interim answers without end
    /// (RFC 9110 section 15.2), each of which is small, or a size of a chunk that begins with zeros without
    /// end (RFC 9112 section 7.1).
    fn is_flooded(&self) -> bool {
        self.in_vain.load(Relaxed) > FLOOD
    }

    /// Bytes of this exchange's answer, head included.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// When this exchange's answer began.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        (self.received() > 0).then(|| Duration::from_nanos(self.first_byte.load(Relaxed)))
    }

    fn count(&self, bytes: usize) {
        self.in_vain.fetch_add(bytes as u64, Relaxed);
        if self.received.fetch_add(bytes as u64, Relaxed) == 0 {
            let now = u64::try_from(self.clock.now().as_nanos()).unwrap_or(u64::MAX);
            self.first_byte.store(now, Relaxed);
        }
    }
}

/// A socket with its probe.
#[derive(Debug)]
pub(super) struct Io<S> {
    stream: S,
    probe: Arc<Probe>,
}

impl<S: Stream> Io<S> {
    pub(super) fn new(stream: S, probe: Arc<Probe>) -> Io<S> {
        Io { stream, probe }
    }

    /// Whether the peer has closed the connection while it was idle, asked of the kernel.
    ///
    /// hyper reads before it writes a request, but tokio answers from what its reactor has last been
    /// told, and a busy lane may not have run the reactor since the connection was closed. The
    /// request would go out on a dead connection and count as a fault that no server intended. It costs
    /// a system call, and is left out where the last answer said `Connection: keep-alive`: who closes all
    /// the same does so after a while without requests (RFC 9112 section 9.5), which the reactor is told.
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

impl<S: Stream> AsyncRead for Io<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.probe.suspicious.swap(false, Relaxed) && self.closed_while_idle()? {
            // Nothing read is how the end of a stream is told.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let read = buf.filled().len() - before;
        if read > 0 {
            self.probe.count(read);
            if self.probe.is_flooded() {
                return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
            }
        }
        polled
    }
}

impl<S: Stream> AsyncWrite for Io<S> {
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
