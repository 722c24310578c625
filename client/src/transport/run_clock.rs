//! The clock of a run, which begins with it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts from the start of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// When that was, since the start of 1970: what dates are compared with.
    date: Duration,
}

impl Clock {
    /// Begins to count.
    pub(crate) fn start() -> Clock {
        let date = SystemTime::now().duration_since(UNIX_EPOCH);
        Clock {
            start: Instant::now(),
            date: date.unwrap_or_default(),
        }
    }

    /// The time since the start.
    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }

    /// A point in time as it is counted since the start of 1970.
    pub(crate) fn since_1970(self, time: Duration) -> Duration {
        self.date + time
    }
}
