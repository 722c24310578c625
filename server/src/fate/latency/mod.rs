//! The latency family: distributions of the delay, one a file.
//!
//! A member is sampled by its inverse distribution function from one draw, so that the delay is the
//! same on every platform and for any interleaving. That takes more than fixed draws: members use
//! only `+ - * /`, comparisons and the pinned `libm` crate, because the logarithms and exponentials
//! of the standard library are those of the platform. To add a member, write its file and name it
//! twice below.
//!
//! Not members: `cap` (what all of them share), `gauss` (the normal quantile), `samples` (the one
//! file that reads files); and for tests `oracle` (how delays are held against the truth) and
//! `contract` (what holds for every member).

mod cap;
mod constant;
#[cfg(test)]
mod contract;
mod exponential;
mod inverse_normal;
mod lognormal;
mod mixture;
mod normal;
#[cfg(test)]
mod oracle;
mod pareto;
mod quantiles;
mod samples;
mod uniform;

use crate::config::spec::SpecError;
use crate::fate::unit_interval::unit;
use cap::Cap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The known latencies, in the order in which help and errors list them.
pub const FAMILY: &[Member] = &[
    constant::MEMBER,
    uniform::MEMBER,
    normal::MEMBER,
    lognormal::MEMBER,
    exponential::MEMBER,
    pareto::MEMBER,
    quantiles::MEMBER,
    mixture::MEMBER,
];

/// What a distribution can do. `Display` writes its specification.
pub trait Distribution: fmt::Display + fmt::Debug + Send + Sync {
    /// The delay in microseconds below which the share `p` of all delays lies, 0 < p < 1: the
    /// inverse distribution function. Never negative or NaN; it may be infinite.
    fn quantile(&self, p: f64) -> f64;

    /// What no delay is above, in microseconds: the last quantile, as a quantile never falls.
    fn longest(&self) -> f64 {
        self.quantile(unit(u64::MAX))
    }
}

/// An entry of the family.
pub struct Member {
    /// The word before the colon.
    pub name: &'static str,
    /// One line of what it does.
    pub about: &'static str,
    /// A specification to try.
    pub example: &'static str,
    /// Whether `,max=` at the end is a cap on all delays; else it is the member's to read.
    capped: bool,
    parse: fn(&str) -> Result<Arc<dyn Distribution>, SpecError>,
}

/// How long answers are delayed: a distribution, read from `NAME:PARAMETERS`, and the longest delay
/// that may come of it, from `,max=DURATION` at the end. A bare duration is `constant`, and what
/// begins with odds is `mixture`.
#[derive(Clone, Debug)]
pub struct Latency {
    distribution: Arc<dyn Distribution>,
    cap: Cap,
}

impl Latency {
    /// The delay for one draw, rounded to whole microseconds; at most 24 hours.
    pub fn delay(&self, draw: u64) -> Duration {
        self.limited(self.distribution.quantile(unit(draw)))
    }

    /// What no delay is above.
    pub fn longest(&self) -> Duration {
        self.limited(self.distribution.longest())
    }

    /// Whether no answer is ever delayed.
    pub fn is_zero(&self) -> bool {
        self.longest().is_zero()
    }

    fn limited(&self, micros: f64) -> Duration {
        let micros = self.cap.limit(micros).round();
        // Neither negative nor above a day, so the cast can not go wrong.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Duration::from_micros(micros as u64)
    }
}

impl Default for Latency {
    /// No delay.
    fn default() -> Self {
        Latency {
            distribution: Arc::new(constant::Constant(Duration::ZERO)),
            cap: Cap::default(),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.distribution, self.cap)
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
        let (name, parameters) = named(text);
        let known = || FAMILY.iter().map(|member| member.name);
        let member = FAMILY
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| SpecError::unknown("latency", name, known()))?;
        let (parameters, cap) = if member.capped {
            Cap::split(parameters)?
        } else {
            (parameters, Cap::default())
        };
        let distribution = (member.parse)(parameters)?;
        Ok(Latency { distribution, cap })
    }
}

/// The name of the member that a specification is of, and its parameters.
fn named(text: &str) -> (&str, &str) {
    // Probability are the one thing with a colon behind it that is no name.
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains("%:") {
        return (mixture::MEMBER.name, text);
    }
    text.split_once(':')
        .unwrap_or((constant::MEMBER.name, text))
}

#[cfg(test)]
mod tests {
    use super::oracle::refused;
    use super::*;

    #[test]
    fn every_example_prints_back_to_itself() {
        for member in FAMILY {
            let latency: Latency = member.example.parse().unwrap();
            assert_eq!(latency.to_string(), member.example);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        assert_eq!(
            refused("teapot:1s"),
            "unknown latency `teapot`; known: constant, uniform, normal, lognormal, exponential, \
             pareto, quantiles, mixture"
        );
    }

    #[test]
    fn only_no_delay_is_zero() {
        assert!("0".parse::<Latency>().unwrap().is_zero());
        assert!(Latency::default().is_zero());
        for member in FAMILY {
            assert!(!member.example.parse::<Latency>().unwrap().is_zero());
        }
    }

    #[test]
    fn the_documentation_has_a_row_for_each() {
        let page = include_str!("../../../../docs/latencies.md");
        for member in FAMILY {
            let example = member.example.replace('|', "\\|");
            let row = |line: &&str| {
                line.starts_with(&format!("| `{}`", member.name)) && line.contains(&example)
            };
            assert_eq!(page.lines().filter(row).count(), 1, "{}", member.name);
        }
    }
}
