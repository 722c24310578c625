//! The clock of a run.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that starts with the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunClock {
    start: Instant,
    /// The start of the run in Unix time, because `Retry-After` may be a date.
    start_unix: Duration,
}

impl RunClock {
    pub(crate) fn start() -> RunClock {
        let start_unix = SystemTime::now().duration_since(UNIX_EPOCH);
        RunClock {
            start: Instant::now(),
            start_unix: start_unix.unwrap_or_default(),
        }
    }

    /// A clock that starts after `delay`; until then it stands at 0.
    pub(crate) fn start_after(delay: Duration) -> RunClock {
        let now = RunClock::start();
        RunClock {
            start: now.start + delay,
            start_unix: now.start_unix + delay,
        }
    }

    /// The instant at `time` after the start.
    pub(crate) fn instant(self, time: Duration) -> Instant {
        // Beyond what the system can represent, nothing is ever due.
        let far = || self.start + Duration::from_secs(u32::MAX.into());
        self.start.checked_add(time).unwrap_or_else(far)
    }

    /// The time since the start.
    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }

    /// The Unix time at `time` after the start.
    pub(crate) fn unix_time(self, time: Duration) -> Duration {
        self.start_unix + time
    }
}
