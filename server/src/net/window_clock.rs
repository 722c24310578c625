//! The clock that the time windows of rules (`from`, `to`) are compared with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The value of `began` while the clock waits for a request.
const WAITING: u64 = u64::MAX;

/// Counts from the start of the server or, once it was reset, from the first request after that. The caller gives the
/// time, so tests need not wait.
#[derive(Debug)]
pub(crate) struct WindowClock {
    start: Instant,
    /// When the clock began to count, in nanoseconds after `start`.
    began: AtomicU64,
}

impl WindowClock {
    /// A clock that counts from `start`, the start of the server.
    pub(crate) fn new(start: Instant) -> WindowClock {
        WindowClock {
            start,
            began: AtomicU64::new(0),
        }
    }

    /// Makes the clock count from the next request.
    pub(crate) fn reset(&self) {
        self.began.store(WAITING, Ordering::Relaxed);
    }

    /// The time of a request whose head was parsed at `parsed`.
    pub(crate) fn elapsed(&self, parsed: Instant) -> Duration {
        let since_start = parsed.saturating_duration_since(self.start);
        let now = u64::try_from(since_start.as_nanos()).unwrap_or(WAITING - 1);
        let began = match self.began.load(Ordering::Relaxed) {
            WAITING => self.begin(now),
            began => began,
        };
        Duration::from_nanos(now.saturating_sub(began))
    }

    /// Starts to count at `now`, unless a request on another thread was first.
    fn begin(&self, now: u64) -> u64 {
        let (order, began) = (Ordering::Relaxed, &self.began);
        match began.compare_exchange(WAITING, now, order, order) {
            Ok(_) => now,
            Err(earlier) => earlier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_counts_from_the_start_until_it_is_reset() {
        let start = Instant::now();
        let clock = WindowClock::new(start);
        let elapsed = |seconds| {
            clock
                .elapsed(start + Duration::from_secs(seconds))
                .as_secs()
        };
        assert_eq!([elapsed(0), elapsed(5)], [0, 5]);
        clock.reset();
        assert_eq!([elapsed(8), elapsed(9), elapsed(20)], [0, 1, 12]);
        clock.reset();
        clock.reset();
        assert_eq!([elapsed(30), elapsed(29), elapsed(31)], [0, 0, 1]);
    }
}
