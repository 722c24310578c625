//! How often something happens, a fault or a component of a mixture: `5%`, exactly.

use crate::config::spec::SpecError;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;

/// A share of all requests in millionths of a per cent. Whole numbers, so that odds add up exactly
/// and 33.3% three times and 0.1% once is not more than 100%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Probability(u64);

const PER_CENT: u64 = 1_000_000;

impl Probability {
    pub(crate) const NEVER: Probability = Probability(0);
    pub(crate) const ALWAYS: Probability = Probability(100 * PER_CENT);

    /// Whether a draw, uniform over all of `u64`, falls under these odds: draw / 2^64 < odds.
    pub(crate) fn strikes(self, draw: u64) -> bool {
        u128::from(draw) * u128::from(Self::ALWAYS.0) < u128::from(self.0) << 64
    }

    /// How many of the 2^64 draws fall under these odds: those below this number.
    pub(crate) fn draws(self) -> u128 {
        (u128::from(self.0) << 64).div_ceil(u128::from(Self::ALWAYS.0))
    }

    /// The odds as a share of one.
    pub(crate) fn share(self) -> f64 {
        self.0 as f64 / Self::ALWAYS.0 as f64
    }
}

impl Add for Probability {
    type Output = Probability;

    fn add(self, other: Probability) -> Probability {
        Probability(self.0 + other.0)
    }
}

impl Sum for Probability {
    fn sum<I: Iterator<Item = Probability>>(odds: I) -> Probability {
        odds.fold(Probability::NEVER, Add::add)
    }
}

impl FromStr for Probability {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let malformed = || SpecError::expected("odds such as `5%` or `0.5%`", text);
        let number = text.strip_suffix('%').ok_or_else(malformed)?;
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if number
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            return Err(SpecError::rule(format!(
                "odds can not be negative, got `{text}`"
            )));
        }
        if !digits(whole) || !digits(decimals) || decimals.len() > 6 {
            return Err(malformed());
        }
        // Twelve digits can not overflow; anything that long is over 100% anyway.
        let too_many = || SpecError::rule(format!("odds are at most 100%, got `{text}`"));
        let whole: u64 = whole.parse().map_err(|_| too_many())?;
        let millionths: u64 = format!("{decimals:0<6}").parse().map_err(|_| malformed())?;
        whole
            .checked_mul(PER_CENT)
            .and_then(|whole| whole.checked_add(millionths))
            .map(Probability)
            .filter(|odds| *odds <= Probability::ALWAYS)
            .ok_or_else(too_many)
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / PER_CENT)?;
        match self.0 % PER_CENT {
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
    fn odds_are_per_cent_between_nought_and_a_hundred() {
        for (text, odds) in [
            ("0%", 0),
            ("5%", 5_000_000),
            ("0.5%", 500_000),
            ("100%", 100_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Probability(odds)), "{text}");
        }
        let refused = |text: &str| text.parse::<Probability>().unwrap_err().to_string();
        assert_eq!(refused("101%"), "odds are at most 100%, got `101%`");
        assert_eq!(
            refused("100.000001%"),
            "odds are at most 100%, got `100.000001%`"
        );
        assert_eq!(
            refused("99999999999999999999%"),
            "odds are at most 100%, got `99999999999999999999%`"
        );
        assert_eq!(refused("-5%"), "odds can not be negative, got `-5%`");
        for bad in [
            "5",
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
                refused(bad),
                format!("expected odds such as `5%` or `0.5%`, got `{bad}`")
            );
        }
    }

    #[test]
    fn the_boundary_is_exact() {
        let half = Probability(50 * PER_CENT);
        assert!(half.strikes((1 << 63) - 1));
        assert!(!half.strikes(1 << 63));
    }

    proptest! {
        #[test]
        fn odds_print_back(millionths in 0..=100 * PER_CENT) {
            let odds = Probability(millionths);
            prop_assert_eq!(odds.to_string().parse(), Ok(odds));
        }

        #[test]
        fn the_draws_that_strike_are_counted(millionths in 1..=100 * PER_CENT) {
            let odds = Probability(millionths);
            let last = u64::try_from(odds.draws() - 1).unwrap();
            prop_assert!(odds.strikes(last));
            prop_assert!(last == u64::MAX || !odds.strikes(last + 1));
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _: Result<Probability, _> = text.parse();
        }
    }
}
