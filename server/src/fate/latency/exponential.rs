//! `exponential:50ms`: delays without memory; short ones are the most likely, a long wait says
//! nothing of how long it will still take.
//!
//! Parameter: the mean. delay = -mean * ln(1 - p).

use super::{Distribution, Member};
use crate::config::spec;
use crate::config::spec::{DurationDisplay, SpecError};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The mean; more than 0.
#[derive(Debug)]
struct Exponential(Duration);

impl Distribution for Exponential {
    fn quantile(&self, p: f64) -> f64 {
        -(self.0.as_micros() as f64) * libm::log1p(-p)
    }
}

impl fmt::Display for Exponential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exponential:{}", DurationDisplay(self.0))
    }
}

fn parse(text: &str) -> Result<Arc<dyn Distribution>, SpecError> {
    let mean = spec::duration(text)?;
    if mean.is_zero() {
        return Err(SpecError::rule(format!(
            "the mean is more than 0, got `{text}`"
        )));
    }
    Ok(Arc::new(Exponential(mean)))
}

pub(crate) const MEMBER: Member = Member {
    name: "exponential",
    about: "short delays are the most likely, long ones ever less, by the mean",
    example: "exponential:50ms",
    capped: true,
    parse,
};

#[cfg(test)]
mod tests {
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, refused};
    use statrs::distribution::{ContinuousCDF, Exp};

    #[test]
    fn delays_are_exponential() {
        let truth = Exp::new(20.0).unwrap();
        assert_follows("exponential:50ms", |x| truth.cdf(x));
        assert_moments(
            "exponential:50ms",
            &Moments {
                mean: 0.05,
                variance: 0.05 * 0.05,
                kurtosis: 9.0,
            },
        );
    }

    #[test]
    fn a_mean_that_is_none_is_refused() {
        assert_eq!(refused("exponential:0"), "the mean is more than 0, got `0`");
        assert_eq!(
            refused("exponential:50"),
            "expected a duration such as `50ms` or `1.5s`, got `50`"
        );
    }
}
