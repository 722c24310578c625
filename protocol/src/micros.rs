//! Durations as microseconds.

use serde::{Serialize, Serializer};
use std::time::Duration;

/// Whole microseconds, at most `u64::MAX`: 584,000 years.
pub fn as_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Serialises a duration as whole microseconds.
///
/// # Errors
/// Those of the serialiser.
pub fn whole_micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(as_micros(*duration))
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn option_whole_micros<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(as_micros).serialize(serializer)
}

/// Serialises a duration as microseconds with a fraction.
///
/// # Errors
/// Those of the serialiser.
pub fn micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_nanos() as f64 / 1e3)
}

/// Serialises an optional duration as microseconds with a fraction.
///
/// # Errors
/// Those of the serialiser.
pub fn option_micros<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => micros(duration, serializer),
        None => serializer.serialize_none(),
    }
}
