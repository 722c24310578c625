//! Parts of the sentences about bottlenecks.

use std::time::Duration;

/// `1 core`, `2 cores`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// The percentage of a duration; 0 of no time.
pub(super) fn percent(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() {
        return 0.0;
    }
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}
