//! What the texts of users have in common, in specifications, profiles and options: durations, and the sentences of
//! errors.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest duration of a specification.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Units of durations, in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Why a text cannot be parsed, as one sentence.
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

    /// A rule that a text breaks, and the text.
    pub fn violation(rule: &str, got: &str) -> SpecError {
        SpecError(format!("{rule}, got `{got}`"))
    }

    /// Puts the name of what the error is about before the sentence.
    pub fn within(self, name: &str) -> SpecError {
        SpecError(format!("{name}: {}", self.0))
    }

    /// An unknown name: the known name that was probably meant, or else all of them.
    pub fn unknown<'a>(
        what: &str,
        got: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> SpecError {
        let known: Vec<_> = known.into_iter().collect();
        let remedy = match did_you_mean(got, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        SpecError(format!("unknown {what} `{got}`; {remedy}"))
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpecError {}

/// The known name that is nearest to an unknown one: at most a third of its letters differ, or it is the only name that
/// begins with the unknown one. Case does not matter.
#[cfg(feature = "suggestions")]
pub fn did_you_mean<'a>(got: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let got = got.to_lowercase();
    // The distance takes time in proportion to the product of the lengths.
    if got.len() > 100 {
        return None;
    }
    let known: Vec<_> = known.into_iter().collect();
    let distance = |name: &str| strsim::damerau_levenshtein(&got, &name.to_lowercase());
    let near = |name: &&str| distance(name) <= (name.chars().count() / 3).max(1);
    let is_longer = |name: &&&str| got.len() >= 2 && name.to_lowercase().starts_with(&got);
    let nearest = known.iter().copied().filter(|_| got.len() > 1).filter(near);
    let mut longer = known.iter().filter(is_longer);
    nearest
        .min_by_key(|name| distance(name))
        .or_else(|| longer.next().copied().filter(|_| longer.next().is_none()))
}

/// Without the feature `suggestions` no name is suggested.
#[cfg(not(feature = "suggestions"))]
pub fn did_you_mean<'a>(_: &str, _: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    None
}

/// Parses a whole number: digits only, where `parse` of the standard library accepts a sign.
pub fn whole_number<N: FromStr>(text: &str) -> Option<N> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Splits a rate such as `100/s` or `30/m` into its amount and its period in seconds.
pub fn split_rate(text: &str) -> Option<(&str, u64)> {
    let (amount, unit) = text.split_once('/')?;
    match unit {
        "s" => Some((amount, 1)),
        "m" => Some((amount, 60)),
        _ => None,
    }
}

/// Parses a duration such as `50ms`, `1.5s`, `2m`, `1m30s` or `0`: not negative, at most [`LONGEST`], whole
/// microseconds. The units are `ns`, `us` (or `µs`), `ms`, `s`, `m` and `h`.
///
/// # Errors
/// If the text is not a duration within that range.
pub fn duration(text: &str) -> Result<Duration, SpecError> {
    let rule = |rule| SpecError::violation(&format!("a duration {rule}"), text);
    let malformed = || SpecError::expected("a duration such as `50ms` or `1.5s`", text);
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (mut rest, is_negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (mut nanos, mut is_whole) = (0_u128, true);
    loop {
        let (amount, unit) = take_amount(&mut rest).ok_or_else(malformed)?;
        let (whole, decimals) = amount.split_once('.').unwrap_or((amount, "0"));
        let is_number = |digits: &str| !digits.is_empty() && !digits.contains('.');
        if !is_number(whole) || !is_number(decimals) {
            return Err(malformed());
        }
        // The first 12 decimals; an hour has more than 12 digits of nanoseconds, but not of whole microseconds.
        let picos: u128 = format!("{decimals:0<12.12}")
            .parse()
            .map_err(|_| malformed())?;
        is_whole &= (picos * unit).is_multiple_of(1_000_000_000_000)
            && decimals.bytes().skip(12).all(|digit| digit == b'0');
        // A number that is too long for 64 bits is more than 24 h in every unit.
        let whole = u128::from(whole.parse().unwrap_or(u64::MAX));
        nanos += whole * unit + picos * unit / 1_000_000_000_000;
        if rest.is_empty() {
            break;
        }
    }
    let value = Duration::from_micros(u64::try_from(nanos / 1000).unwrap_or(u64::MAX));
    if is_negative {
        Err(rule("cannot be negative"))
    } else if value > LONGEST {
        Err(rule("is at most 24h"))
    } else if !is_whole || nanos % 1000 != 0 {
        Err(rule("is in whole microseconds"))
    } else {
        Ok(value)
    }
}

/// Takes a number and its unit (in nanoseconds) from the start of a text.
fn take_amount<'t>(rest: &mut &'t str) -> Option<(&'t str, u128)> {
    let is_in_number = |c: char| c.is_ascii_digit() || c == '.';
    let (amount, after) = rest.split_at(rest.find(|c| !is_in_number(c))?);
    let unit_end = after.find(is_in_number).unwrap_or(after.len());
    let (unit, after) = after.split_at(unit_end);
    *rest = after;
    let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some((amount, *nanos))
}

/// A duration as [`duration`] parses it, in the largest unit without a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The message of a serde error in the words of this crate's errors: `unknown key`, what was expected, what was found.
pub fn reword_serde_error(message: &str) -> String {
    let message = message.trim_end().replace('\n', "; ");
    let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    if let (true, Some((got, known))) =
        (message.starts_with("unknown field `"), quoted.split_first())
    {
        return SpecError::unknown("key", got, known.iter().copied()).to_string();
    }
    if let (true, Some((got, known))) = (
        message.starts_with("unknown variant `"),
        quoted.split_first(),
    ) {
        return SpecError::unknown("value", got, known.iter().copied()).to_string();
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("missing key {key}");
    }
    let mut prefixes = ["invalid type: ", "invalid value: ", "invalid length: "].iter();
    let pair = prefixes.find_map(|prefix| message.strip_prefix(prefix)?.rsplit_once(", expected "));
    let Some((got, expected)) = pair else {
        return message;
    };
    let expected = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0",
        "a nonzero usize" => "a whole number from 1",
        "i64" => "a whole number",
        "f64" => "a number",
        "a sequence" => "a list",
        "a boolean" => "`true` or `false`",
        expected if expected.starts_with("struct ") => "a table",
        expected => expected,
    };
    let got = match got {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        got => got
            .trim_start_matches(|c: char| c != '`' && c != '"')
            .trim_end_matches(" as i128")
            .replace('"', "`"),
    };
    format!("expected {expected}, got {got}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_have_numbers_and_units() {
        for (text, micros) in [
            ("0", 0),
            ("0s", 0),
            ("50ms", 50_000),
            ("1.5s", 1_500_000),
            ("0.000250s", 250),
            ("250us", 250),
            ("250µs", 250),
            ("5000ns", 5),
            ("2m", 120_000_000),
            ("1m30s", 90_000_000),
            ("24h", 86_400_000_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn malformed_durations_are_refused_with_the_reason() {
        let malformed = [
            "50", "", "fast", "-", "-x", "s", ".5s", "5.s", "1.2.3s", "+1s", "1 s", "1S", "1e3s",
            "1d", "5s3",
        ];
        for text in malformed {
            let expected = format!("expected a duration such as `50ms` or `1.5s`, got `{text}`");
            assert_eq!(duration(text).unwrap_err().to_string(), expected);
        }
        for (text, reason) in [
            ("-5ms", "a duration cannot be negative"),
            ("25h", "a duration is at most 24h"),
            (
                "99999999999999999999999999999999999999999us",
                "a duration is at most 24h",
            ),
            ("1ns", "a duration is in whole microseconds"),
            ("0.0000001s", "a duration is in whole microseconds"),
            (
                "1.0000000000000000001h",
                "a duration is in whole microseconds",
            ),
        ] {
            let reason = format!("{reason}, got `{text}`");
            assert_eq!(duration(text).unwrap_err().to_string(), reason);
        }
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = [
            "latency",
            "faults",
            "concurrency_limit",
            "uniform",
            "exponential",
            "hang",
        ];
        for (got, suggested) in [
            ("latancy", Some("latency")),
            ("falts", Some("faults")),
            ("Uniform", Some("uniform")),
            ("unifrom", Some("uniform")),
            ("exp", Some("exponential")),
            ("hagn", Some("hang")),
            ("teapot", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(got, names), suggested, "{got}");
        }
        assert_eq!(
            did_you_mean("ab", ["abcdefg", "abhijkl"]),
            None,
            "ambiguous"
        );
        assert_eq!(did_you_mean(&"x".repeat(1_000_000), names), None);
    }

    #[test]
    fn serde_errors_speak_of_keys_and_of_what_was_expected() {
        for (message, sentence) in [
            (
                "unknown field `latancy`, expected one of `latency`, `faults`",
                "unknown key `latancy`; did you mean `latency`?",
            ),
            (
                "unknown field `x`, expected `latency` or `faults`",
                "unknown key `x`; known: latency, faults",
            ),
            (
                "unknown variant `asinc`, expected `async`",
                "unknown value `asinc`; did you mean `async`?",
            ),
            ("missing field `listener`", "missing key `listener`"),
            (
                "invalid type: string \"x\", expected u16",
                "expected a whole number from 0 to 65535, got `x`",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "expected a whole number from 0 to 4294967295, got `-1`",
            ),
            (
                "invalid type: integer `18446744073709551616` as i128, expected a nonzero usize",
                "expected a whole number from 1, got `18446744073709551616`",
            ),
            (
                "invalid type: map, expected a string",
                "expected a string, got a table",
            ),
            (
                "unclosed array table, expected `]`",
                "unclosed array table, expected `]`",
            ),
        ] {
            assert_eq!(reword_serde_error(message), sentence);
        }
    }

    proptest! {
        #[test]
        fn a_displayed_duration_parses_to_the_same_duration(micros in 0_u64..86_400_000_000) {
            let value = Duration::from_micros(micros);
            prop_assert_eq!(duration(&DurationDisplay(value).to_string()), Ok(value));
        }

        #[test]
        fn parsing_never_panics(text in ".*", near in "-?[0-9.]{0,50}(ns|us|ms|s|m|h|µs)?[0-9.]{0,4}[smh]?") {
            for text in [text, near] {
                let _: Result<_, _> = duration(&text);
                let _: Option<_> = did_you_mean(&text, ["latency"]);
                let _: String = reword_serde_error(&text);
            }
        }
    }
}
