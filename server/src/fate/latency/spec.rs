//! A latency: a distribution of delays with a cap.

use super::constant::Constant;
use super::member::Distribution;
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use flagpole_protocol::{as_micros, unit_interval};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long responses are delayed, parsed from `NAME:PARAMETERS[,max=DURATION]`. A bare duration is
/// `constant`, and a text that begins with a probability is `mixture`.
#[derive(Clone, Debug)]
pub struct Latency {
    pub(super) distribution: Arc<dyn Distribution>,
    /// The maximum delay; [`spec::LONGEST`] if none is given.
    pub(super) cap: Option<Duration>,
}

impl Latency {
    /// The delay for a draw, a uniform random number; in whole microseconds, at most 24 hours.
    pub fn delay(&self, draw: u64) -> Duration {
        self.capped(self.distribution.quantile(unit_interval(draw)))
    }

    /// The longest delay.
    pub fn longest(&self) -> Duration {
        self.capped(self.distribution.longest())
    }

    /// Whether no response is ever delayed.
    pub fn is_zero(&self) -> bool {
        self.longest().is_zero()
    }

    pub(super) fn capped(&self, micros: f64) -> Duration {
        let cap = as_micros(self.cap.unwrap_or(spec::LONGEST));
        let micros = micros.min(cap as f64).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 24 h"
        )]
        Duration::from_micros(micros as u64)
    }
}

impl Default for Latency {
    /// No delay.
    fn default() -> Self {
        Latency {
            distribution: Arc::new(Constant(Duration::ZERO)),
            cap: None,
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.distribution.text())?;
        match self.cap {
            Some(cap) => write!(f, "{PREFIX}{}", DurationDisplay(cap)),
            None => Ok(()),
        }
    }
}

impl PartialEq for Latency {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// Begins a cap at the end of a specification.
const PREFIX: &str = ",max=";

/// Splits the parameters of a latency into the parameters of the distribution and the cap.
pub(super) fn split_cap(parameters: &str) -> Result<(&str, Option<Duration>), SpecError> {
    match parameters.split_once(PREFIX) {
        None => Ok((parameters, None)),
        Some((_, cap)) if cap.contains(',') => {
            let rule = "`max=` must be the last parameter and given once";
            Err(SpecError::violation(rule, parameters))
        }
        Some((parameters, cap)) => Ok((parameters, Some(spec::duration(cap)?))),
    }
}

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{delays, error};
    use std::time::Duration;

    #[test]
    fn delays_above_the_cap_become_the_cap() {
        let capped = delays("exponential:50ms,max=60ms");
        let uncapped = delays("exponential:50ms");
        let expected: Vec<_> = uncapped
            .iter()
            .map(|delay| (*delay).min(Duration::from_millis(60)))
            .collect();
        assert_eq!(capped, expected);
        assert!(uncapped.last() > capped.last());
    }

    #[test]
    fn without_a_cap_no_delay_is_longer_than_a_day() {
        let latency: Latency = "pareto:1h,0.01".parse().unwrap();
        assert_eq!(latency.delay(u64::MAX), Duration::from_secs(24 * 60 * 60));
    }

    #[test]
    fn only_a_cap_of_zero_makes_a_latency_zero() {
        let is_zero = |spec: &str| spec.parse::<Latency>().unwrap().is_zero();
        assert!(is_zero("exponential:50ms,max=0"));
        assert!(!is_zero("exponential:50ms,max=1us"));
    }

    #[test]
    fn a_misplaced_repeated_or_malformed_cap_is_rejected() {
        let rule = "`max=` must be the last parameter and given once, got";
        assert_eq!(
            error("normal:50ms,max=1s,10ms"),
            format!("{rule} `50ms,max=1s,10ms`")
        );
        assert_eq!(
            error("50ms,max=1s,max=2s"),
            format!("{rule} `50ms,max=1s,max=2s`")
        );
        assert_eq!(
            error("50ms,max=soon"),
            "expected a duration such as `50ms` or `1.5s`, got `soon`"
        );
        assert_eq!(
            error("50ms,max=25h"),
            "a duration is at most 24h, got `25h`"
        );
    }
}
