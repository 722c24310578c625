//! Durations as microseconds.

use std::time::Duration;

/// Whole microseconds, at most `u64::MAX`: 584,000 years.
pub fn as_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
