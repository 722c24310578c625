//! How much lateness makes a measurement suspect or invalid.

use super::verdict::Validity;
use std::time::Duration;

/// The share of the delay above which lateness is suspect: it changes the efficiency by as much, which is the order of
/// the differences between strategies.
const SUSPECT_SHARE: f64 = 0.05;
/// The share of the delay above which responses were not delayed as asked.
const INVALID_SHARE: f64 = 0.2;

/// The validity of figures measured with this lateness of responses and this delay, which is above 0.
pub(super) fn severity(lateness: Duration, delay: Duration) -> Validity {
    match share(lateness, delay) {
        share if share > INVALID_SHARE => Validity::Invalid,
        share if share > SUSPECT_SHARE => Validity::Suspect,
        _ => Validity::Valid,
    }
}

/// The limit above which lateness has this severity, in percent of the delay.
pub(super) fn limit_percent(severity: Validity) -> f64 {
    100.0
        * match severity {
            Validity::Invalid => INVALID_SHARE,
            Validity::Suspect | Validity::Valid => SUSPECT_SHARE,
        }
}

/// Lateness divided by the delay.
pub(super) fn share(lateness: Duration, delay: Duration) -> f64 {
    lateness.as_secs_f64() / delay.as_secs_f64()
}
