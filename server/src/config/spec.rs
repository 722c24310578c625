//! The words that specifications of latencies and faults share: durations, and the errors.

use jiff::SignedDuration;
use std::fmt;
use std::time::Duration;

/// The longest duration a specification may name: what waits longer is a mistake.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A specification that cannot be read, as one sentence for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError(String);

impl SpecError {
    /// The usual sentence: what was expected, and what stood there.
    pub fn expected(what: &str, got: &str) -> SpecError {
        SpecError(format!("expected {what}, got `{got}`"))
    }

    /// A value that is well formed but breaks a rule.
    pub fn rule(text: String) -> SpecError {
        SpecError(text)
    }

    /// Says to which member of a family the sentence belongs.
    pub(crate) fn within(&mut self, name: &str) {
        self.0 = format!("{name}: {}", self.0);
    }

    /// A name that the family does not have.
    pub fn unknown<'a>(
        what: &str,
        got: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> SpecError {
        let known: Vec<_> = known.into_iter().collect();
        SpecError(format!(
            "unknown {what} `{got}`; known: {}",
            known.join(", ")
        ))
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpecError {}

/// Reads a duration such as `50ms`, `1.5s`, `2m` or `0`: not negative, at most [`LONGEST`], whole
/// microseconds.
///
/// # Errors
/// If the text is no duration, or one out of that range.
pub fn duration(text: &str) -> Result<Duration, SpecError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let malformed = || SpecError::expected("a duration such as `50ms` or `1.5s`", text);
    let signed: SignedDuration = text.parse().map_err(|_| malformed())?;
    let duration = Duration::try_from(signed)
        .map_err(|_| SpecError::rule(format!("a duration cannot be negative, got `{text}`")))?;
    if duration > LONGEST {
        return Err(SpecError::rule(format!(
            "a duration is at most 24h, got `{text}`"
        )));
    }
    if duration.subsec_nanos() % 1000 != 0 {
        return Err(SpecError::rule(format!(
            "a duration is in whole microseconds, got `{text}`"
        )));
    }
    Ok(duration)
}

/// Writes a duration so that [`duration`] reads it back: in the largest unit that leaves no
/// fraction.
pub struct DurationDisplay(pub Duration);

impl fmt::Display for DurationDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_micros() {
            0 => f.write_str("0"),
            micros if micros % 1_000_000 == 0 => write!(f, "{}s", micros / 1_000_000),
            micros if micros % 1000 == 0 => write!(f, "{}ms", micros / 1000),
            micros => write!(f, "{micros}us"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, micros) in [
            ("0", 0),
            ("50ms", 50_000),
            ("1.5s", 1_500_000),
            ("250us", 250),
            ("250µs", 250),
            ("2m", 120_000_000),
            ("24h", 86_400_000_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        for (text, reason) in [
            (
                "50",
                "expected a duration such as `50ms` or `1.5s`, got `50`",
            ),
            ("", "expected a duration such as `50ms` or `1.5s`, got ``"),
            (
                "fast",
                "expected a duration such as `50ms` or `1.5s`, got `fast`",
            ),
            ("-5ms", "a duration cannot be negative, got `-5ms`"),
            ("25h", "a duration is at most 24h, got `25h`"),
            ("1ns", "a duration is in whole microseconds, got `1ns`"),
        ] {
            assert_eq!(duration(text).unwrap_err().to_string(), reason);
        }
    }

    proptest! {
        #[test]
        fn a_spelled_duration_reads_back(micros in 0_u64..86_400_000_000) {
            let value = Duration::from_micros(micros);
            prop_assert_eq!(duration(&DurationDisplay(value).to_string()), Ok(value));
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _: Result<_, _> = duration(&text);
        }
    }
}
