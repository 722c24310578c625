//! Percentages of durations.

use std::time::Duration;

/// The percentage of a duration; 0 of no time.
pub(super) fn percent(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() {
        return 0.0;
    }
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}
