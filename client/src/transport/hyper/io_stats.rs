//! What hyper does not report: when a response began, and how much of it arrived.

use crate::transport::response::response_head::HEAD_LIMIT;
use crate::transport::run_clock::RunClock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The maximum of received bytes that complete neither a head nor bring data of a body. Data that arrives in the
/// same read is less than one buffer.
const MAX_BYTES_WITHOUT_PROGRESS: u64 = 4 * HEAD_LIMIT as u64;

/// Statistics of one exchange at the socket. One task uses them at a time, so no memory ordering is needed; they
/// are atomics to be `Sync`.
#[derive(Debug)]
pub(super) struct IoStats {
    clock: RunClock,
    /// Whether the next read must ask the kernel whether the connection is closed.
    must_peek: AtomicBool,
    /// Whether the last response promised to keep the connection open.
    keep_alive: AtomicBool,
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
            received: AtomicU64::new(0),
            bytes_without_progress: AtomicU64::new(0),
            first_byte: AtomicU64::new(0),
        }
    }

    /// Starts an exchange; `reused` unless it is the first on this connection.
    pub(super) fn begin(&self, reused: bool) {
        let must_peek = reused && !self.keep_alive.load(Relaxed);
        self.must_peek.store(must_peek, Relaxed);
        self.received.store(0, Relaxed);
        self.bytes_without_progress.store(0, Relaxed);
    }

    /// The head of the final response is complete.
    pub(super) fn on_head(&self, keep_alive: bool) {
        self.on_progress();
        self.keep_alive.store(keep_alive, Relaxed);
    }

    /// A head or further data of a body is complete.
    pub(super) fn on_progress(&self) {
        self.bytes_without_progress.store(0, Relaxed);
    }

    /// Whether endless bytes bring nothing: interim responses (RFC 9110 section 15.2), each of which is small, or
    /// a chunk size with leading zeros (RFC 9112 section 7.1).
    pub(super) fn lacks_progress(&self) -> bool {
        self.bytes_without_progress.load(Relaxed) > MAX_BYTES_WITHOUT_PROGRESS
    }

    /// Returns whether the next read must ask the kernel, and resets that.
    pub(super) fn take_must_peek(&self) -> bool {
        self.must_peek.swap(false, Relaxed)
    }

    /// Bytes of this exchange's response, including the head.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// When this exchange's response began.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        (self.received() > 0).then(|| Duration::from_nanos(self.first_byte.load(Relaxed)))
    }

    pub(super) fn on_read(&self, bytes: usize) {
        self.bytes_without_progress.fetch_add(bytes as u64, Relaxed);
        if self.received.fetch_add(bytes as u64, Relaxed) == 0 {
            let now = u64::try_from(self.clock.now().as_nanos()).unwrap_or(u64::MAX);
            self.first_byte.store(now, Relaxed);
        }
    }
}
