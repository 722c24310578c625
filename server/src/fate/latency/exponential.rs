//! `exponential:50ms`: short delays most likely, by mean; memoryless, as the time between independent
//! events.
//!
//! Parameter: the mean, above 0. delay = -mean * ln(1 - p).

use super::member::{Distribution, LatencyMember, ParsedDistribution};
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::time::Duration;

/// The mean delay; above 0.
#[derive(Debug)]
struct Exponential(Duration);

impl Distribution for Exponential {
    fn quantile(&self, p: f64) -> f64 {
        -(self.0.as_micros() as f64) * libm::log1p(-p)
    }

    fn text(&self) -> String {
        format!("exponential:{}", DurationDisplay(self.0))
    }
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: "exponential",
    about: "short delays most likely, by mean",
    example: "exponential:50ms",
    takes_cap: true,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let mean = spec::duration(text)?;
    if mean.is_zero() {
        return Err(SpecError::violation("the mean must be above 0", text));
    }
    Ok(Box::new(Exponential(mean)))
}

#[cfg(test)]
mod tests {
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, error};
    use statrs::distribution::{ContinuousCDF, Exp};

    #[test]
    fn delays_are_exponential() {
        let truth = Exp::new(20.0).unwrap();
        assert_follows("exponential:50ms", |x| truth.cdf(x));
        let truth = Moments {
            mean: 0.05,
            variance: 0.05 * 0.05,
            kurtosis: 9.0,
        };
        assert_moments("exponential:50ms", &truth);
    }

    #[test]
    fn a_zero_or_malformed_mean_is_rejected() {
        assert_eq!(error("exponential:0"), "the mean must be above 0, got `0`");
        assert_eq!(
            error("exponential:50"),
            "expected a duration such as `50ms` or `1.5s`, got `50`"
        );
    }
}
