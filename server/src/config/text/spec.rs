//! Durations and errors, shared by the specifications of latencies, faults, rates and globs.

use jiff::SignedDuration;
use std::fmt;
use std::time::Duration;

/// The longest duration of a specification.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a specification cannot be parsed, as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError(String);

impl SpecError {
    /// What was expected, and what was found.
    pub fn expected(what: &str, got: &str) -> SpecError {
        SpecError(format!("expected {what}, got `{got}`"))
    }

    /// A well-formed value that breaks a rule.
    pub fn rule(text: String) -> SpecError {
        SpecError(text)
    }

    /// Puts the name of the latency or fault that the error is about before the sentence.
    pub(crate) fn within(&mut self, name: &str) {
        self.0 = format!("{name}: {}", self.0);
    }

    /// An unknown name.
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

/// Parses a duration such as `50ms`, `1.5s`, `2m` or `0`: not negative, at most [`LONGEST`], whole
/// microseconds.
///
/// # Errors
/// If the text is not a duration within that range.
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

/// A duration as [`duration`] parses it, in the largest unit without a fraction.
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
    fn durations_have_a_number_and_a_unit() {
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
    fn malformed_durations_are_refused_with_the_reason() {
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
        fn a_displayed_duration_parses_to_the_same_duration(micros in 0_u64..86_400_000_000) {
            let value = Duration::from_micros(micros);
            prop_assert_eq!(duration(&DurationDisplay(value).to_string()), Ok(value));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _: Result<_, _> = duration(&text);
        }
    }
}
