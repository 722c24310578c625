//! The probability of a fault or of a component of a mixture: `5%`, exactly.

use flagpole_protocol::SpecError;
use std::fmt;
use std::ops::Add;
use std::str::FromStr;

/// A probability in millionths of a percent. An integer, so that probabilities add up exactly: three times
/// 33.3% and 0.1% is not above 100%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Probability(u64);

const PERCENT: u64 = 1_000_000;

impl Probability {
    pub(crate) const NEVER: Probability = Probability(0);
    pub(crate) const ALWAYS: Probability = Probability(100 * PERCENT);

    /// Whether an event of this probability happens for `draw`, a uniform random number: draw / 2^64 < probability.
    pub(crate) fn hits(self, draw: u64) -> bool {
        u128::from(draw) * u128::from(Self::ALWAYS.0) < u128::from(self.0) << 64
    }

    /// The number of draws that hit, which are the draws below this number.
    pub(crate) fn hit_count(self) -> u128 {
        (u128::from(self.0) << 64).div_ceil(u128::from(Self::ALWAYS.0))
    }

    /// The probability as a number from 0 to 1.
    pub(crate) fn as_fraction(self) -> f64 {
        self.0 as f64 / Self::ALWAYS.0 as f64
    }
}

impl Add for Probability {
    type Output = Probability;

    fn add(self, other: Probability) -> Probability {
        Probability(self.0 + other.0)
    }
}

impl FromStr for Probability {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let malformed = || match suggestion(text) {
            Some(meant) => SpecError::rule(format!(
                "expected a probability in percent, got `{text}`; did you mean `{meant}`?"
            )),
            None => SpecError::expected("a probability such as `5%` or `0.5%`", text),
        };
        let number = text.strip_suffix('%').ok_or_else(malformed)?;
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let rest = number.strip_prefix('-').unwrap_or_default();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            let rule = "a probability cannot be negative";
            return Err(SpecError::violation(rule, text));
        }
        if !digits(whole) || !digits(decimals) || decimals.len() > 6 {
            return Err(malformed());
        }
        let too_high = || SpecError::violation("a probability is at most 100%", text);
        let whole: u64 = whole.parse().map_err(|_| too_high())?;
        let millionths: u64 = format!("{decimals:0<6}").parse().map_err(|_| malformed())?;
        whole
            .checked_mul(PERCENT)
            .and_then(|whole| whole.checked_add(millionths))
            .map(Probability)
            .filter(|probability| *probability <= Probability::ALWAYS)
            .ok_or_else(too_high)
    }
}

/// The probability that was probably meant by a number without a percent sign; below 1 the number is a ratio.
fn suggestion(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    let percent = if number < 1.0 { number * 100.0 } else { number };
    let meant = format!("{percent}%");
    meant.parse::<Probability>().is_ok().then_some(meant)
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / PERCENT)?;
        match self.0 % PERCENT {
            0 => f.write_str("%"),
            part => write!(f, ".{}%", format!("{part:06}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn probabilities_are_between_0_and_100_percent() {
        for (text, millionths) in [
            ("0%", 0),
            ("5%", 5_000_000),
            ("0.5%", 500_000),
            ("100%", 100_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Probability(millionths)), "{text}");
        }
        let error = |text: &str| text.parse::<Probability>().unwrap_err().to_string();
        assert_eq!(error("101%"), "a probability is at most 100%, got `101%`");
        assert_eq!(
            error("100.000001%"),
            "a probability is at most 100%, got `100.000001%`"
        );
        assert_eq!(
            error("99999999999999999999%"),
            "a probability is at most 100%, got `99999999999999999999%`"
        );
        assert_eq!(error("-5%"), "a probability cannot be negative, got `-5%`");
        for (bad, meant) in [
            ("5", "5%"),
            (".25", "25%"),
            ("0.005", "0.5%"),
            ("25", "25%"),
        ] {
            let sentence = "expected a probability in percent, got";
            let sentence = format!("{sentence} `{bad}`; did you mean `{meant}`?");
            assert_eq!(error(bad), sentence);
        }
        for bad in [
            "500",
            "%",
            "x%",
            ".5%",
            "5.%",
            "1e1%",
            "+5%",
            "0.0000001%",
            "--5%",
            "",
        ] {
            assert_eq!(
                error(bad),
                format!("expected a probability such as `5%` or `0.5%`, got `{bad}`")
            );
        }
    }

    #[test]
    fn the_boundary_is_exact() {
        let half = Probability(50 * PERCENT);
        assert!(half.hits((1 << 63) - 1));
        assert!(!half.hits(1 << 63));
    }

    proptest! {
        #[test]
        fn a_printed_probability_parses_to_itself(millionths in 0..=100 * PERCENT) {
            let probability = Probability(millionths);
            prop_assert_eq!(probability.to_string().parse(), Ok(probability));
        }

        #[test]
        fn draws_below_the_hit_count_hit(millionths in 1..=100 * PERCENT) {
            let probability = Probability(millionths);
            let last = u64::try_from(probability.hit_count() - 1).unwrap();
            prop_assert!(probability.hits(last));
            prop_assert!(last == u64::MAX || !probability.hits(last + 1));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _: Result<Probability, _> = text.parse();
        }
    }
}
