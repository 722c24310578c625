//! The clock of a run, which begins with it.

use std::time::{Duration, Instant};

/// Counts from the start of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Begins to count.
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    /// The time since the start.
    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }
}
