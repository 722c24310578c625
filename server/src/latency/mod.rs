//! The latency family: distributions of the delay, one a file.
//!
//! A member is sampled by its inverse distribution function from one draw, so that the delay is the
//! same on every platform and for any interleaving. To add one, write its file and name it twice
//! below.

mod constant;
mod uniform;

use crate::dice;
use crate::spec::SpecError;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The known latencies, in the order in which help and errors list them.
pub const FAMILY: &[Member] = &[constant::MEMBER, uniform::MEMBER];

/// What a distribution can do. `Display` writes its specification.
pub trait Distribution: fmt::Display + fmt::Debug + Send + Sync {
    /// The delay in microseconds below which the share `p` of all delays lies, 0 < p < 1: the
    /// inverse distribution function.
    fn quantile(&self, p: f64) -> f64;
}

/// An entry of the family.
pub struct Member {
    /// The word before the colon.
    pub name: &'static str,
    /// One line of what it does.
    pub about: &'static str,
    /// A specification to try.
    pub example: &'static str,
    parse: fn(&str) -> Result<Arc<dyn Distribution>, SpecError>,
}

/// How long answers are delayed: a distribution, read from `NAME:PARAMETERS` or from a bare
/// duration, which is `constant`.
#[derive(Clone, Debug)]
pub struct Latency(Arc<dyn Distribution>);

impl Latency {
    /// The delay for one draw, rounded to whole microseconds.
    pub fn delay(&self, draw: u64) -> Duration {
        let micros = self.0.quantile(dice::unit(draw)).round();
        // A distribution is never negative and `as` saturates, so the cast can not go wrong.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Duration::from_micros(micros as u64)
    }

    /// Whether no answer is ever delayed.
    pub fn is_zero(&self) -> bool {
        self.delay(u64::MAX).is_zero()
    }
}

impl Default for Latency {
    /// No delay.
    fn default() -> Self {
        Latency(Arc::new(constant::Constant(Duration::ZERO)))
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for Latency {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl FromStr for Latency {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, parameters) = text
            .split_once(':')
            .unwrap_or((constant::MEMBER.name, text));
        let known = || FAMILY.iter().map(|member| member.name);
        let member = FAMILY
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| SpecError::unknown("latency", name, known()))?;
        (member.parse)(parameters).map(Latency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_prints_back_to_itself_and_is_never_negative() {
        for member in FAMILY {
            let latency: Latency = member.example.parse().unwrap();
            assert_eq!(latency.to_string(), member.example);
            assert!(latency.0.quantile(dice::unit(0)) >= 0.0);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "teapot:1s".parse::<Latency>().unwrap_err().to_string();
        assert_eq!(error, "unknown latency `teapot`; known: constant, uniform");
    }

    #[test]
    fn only_no_delay_is_zero() {
        assert!("0".parse::<Latency>().unwrap().is_zero());
        assert!(!"uniform:0..1ms".parse::<Latency>().unwrap().is_zero());
    }
}
