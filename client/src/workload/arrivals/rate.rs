//! An arrival rate as text: `2000/s`, `120/m`, `0.5/s`.

use flagpole_protocol::spec::{SpecError, split_rate, whole_number};
use std::fmt;
use std::str::FromStr;

/// Millionths.
const MILLION: u64 = 1_000_000;

/// How many requests arrive per time: at least a millionth of a request per minute, at most 10^9 per second, or none at the
/// ends of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArrivalRate {
    /// In millionths of a request per minute, so that `100/m` and `0.5/s` are exact.
    micros_per_minute: u64,
}

impl ArrivalRate {
    /// No arrivals.
    pub const ZERO: ArrivalRate = ArrivalRate {
        micros_per_minute: 0,
    };

    /// The highest rate, in requests per second: one a nanosecond.
    const MAX_PER_SECOND: u64 = 1_000_000_000;

    /// The rate nearest to a number of requests per second, in steps of a millionth; `None` if that is 0 or out of range.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range, which is checked"
    )]
    pub fn from_per_second(rate: f64) -> Option<ArrivalRate> {
        let micros = (rate * MILLION as f64).round();
        let is_valid = (1.0..=(ArrivalRate::MAX_PER_SECOND * MILLION) as f64).contains(&micros);
        is_valid.then(|| ArrivalRate {
            micros_per_minute: micros as u64 * 60,
        })
    }

    /// Requests per second.
    pub fn per_second(self) -> f64 {
        self.micros_per_minute as f64 / (60 * MILLION) as f64
    }

    /// This rate for each of `count` users, at most the highest rate.
    pub(super) fn times(self, count: u64) -> ArrivalRate {
        let micros_per_minute = self.micros_per_minute.saturating_mul(count);
        ArrivalRate {
            micros_per_minute: micros_per_minute.min(ArrivalRate::MAX_PER_SECOND * MILLION * 60),
        }
    }

    pub(super) fn micros_per_minute(self) -> u64 {
        self.micros_per_minute
    }

    /// Like `parse`, but accepts a rate of 0.
    pub(super) fn parse_or_zero(text: &str) -> Option<ArrivalRate> {
        let (amount, seconds) = split_rate(text)?;
        let micros_per_minute = millionths(amount)?.checked_mul(60 / seconds)?;
        let maximum = ArrivalRate::MAX_PER_SECOND * MILLION * 60;
        (micros_per_minute <= maximum).then_some(ArrivalRate { micros_per_minute })
    }
}

/// A number with at most six decimals, in millionths.
fn millionths(amount: &str) -> Option<u64> {
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, "0"));
    if whole.is_empty() || !(1..=6).contains(&decimals.len()) {
        return None;
    }
    let whole: u64 = whole_number(whole)?;
    let millionths: u64 = whole_number(&format!("{decimals:0<6}"))?;
    whole.checked_mul(MILLION)?.checked_add(millionths)
}

impl FromStr for ArrivalRate {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<ArrivalRate, SpecError> {
        let rate = ArrivalRate::parse_or_zero(text).filter(|rate| *rate > ArrivalRate::ZERO);
        rate.ok_or_else(|| {
            let expected = "requests and a time, such as `2000/s`, `120/m` or `0.5/s`";
            SpecError::expected(expected, text)
        })
    }
}

impl fmt::Display for ArrivalRate {
    /// Per second if that needs no more than six decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (millionths, unit) = match self.micros_per_minute {
            micros if micros.is_multiple_of(60) => (micros / 60, "s"),
            micros => (micros, "m"),
        };
        let (whole, decimals) = (millionths / MILLION, millionths % MILLION);
        if decimals == 0 {
            return write!(f, "{whole}/{unit}");
        }
        let decimals = format!("{decimals:06}");
        write!(f, "{whole}.{}/{unit}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_displayed_per_second_where_that_is_exact() {
        for (text, shown, per_second) in [
            ("2000/s", "2000/s", 2000.0),
            ("120/m", "2/s", 2.0),
            ("0.5/s", "0.5/s", 0.5),
            ("30/m", "0.5/s", 0.5),
            ("100/m", "100/m", 100.0 / 60.0),
            ("0.000001/m", "0.000001/m", 1e-6 / 60.0),
            ("1000000000/s", "1000000000/s", 1e9),
        ] {
            let rate: ArrivalRate = text.parse().unwrap();
            assert_eq!(
                (rate.to_string().as_str(), rate.per_second()),
                (shown, per_second)
            );
            assert_eq!(shown.parse(), Ok(rate));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "100",
            "0/s",
            "0.0/s",
            "-1/s",
            "+1/s",
            "1e3/s",
            "100/h",
            "/s",
            ".5/s",
            "5./s",
            "1.0000001/s",
            "1000000001/s",
            "99999999999999999999/s",
            "1 /s",
        ] {
            let error = text.parse::<ArrivalRate>().unwrap_err().to_string();
            let expected = "expected requests and a time, such as `2000/s`, `120/m` or `0.5/s`";
            assert_eq!(error, format!("{expected}, got `{text}`"));
        }
    }

    #[test]
    fn number_per_second_is_rounded_to_a_millionth() {
        let rate = |number| ArrivalRate::from_per_second(number).map(|rate| rate.to_string());
        assert_eq!(rate(395.123_456_7).as_deref(), Some("395.123457/s"));
        for bad in [0.0, -1.0, 4e-7, 1e9 + 1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(rate(bad), None, "{bad}");
        }
    }
}
