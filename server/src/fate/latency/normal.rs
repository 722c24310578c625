//! `normal:50ms,10ms`: normal distribution by mean and standard deviation, never negative.
//!
//! Parameters of the distribution before its negative part is cut off: the mean, from 0, and the standard
//! deviation, above 0. The result is a truncated normal distribution, which has no peak at 0. If the mean is
//! at least four standard deviations, the delays have the given mean and deviation; if not, the mean of the
//! delays is above the given mean.

use super::inverse_normal;
use super::member::{Distribution, LatencyMember, ParsedDistribution, pair};
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::time::Duration;

/// The parameters; `deviation` is above 0.
#[derive(Debug)]
struct Normal {
    mean: Duration,
    deviation: Duration,
    /// The fraction of the untruncated distribution that is not negative; at least 0.5.
    positive: f64,
}

impl Distribution for Normal {
    fn quantile(&self, p: f64) -> f64 {
        let (mean, deviation) = (self.mean.as_micros(), self.deviation.as_micros());
        // The quantile of the upper tail, negated: the probability of the upper tail is exact where the
        // probability of the rest rounds to 1.
        let z = -inverse_normal::quantile((1.0 - p) * self.positive);
        // Close to 0 rounding may give a negative result.
        (mean as f64 + deviation as f64 * z).max(0.0)
    }

    fn text(&self) -> String {
        let (mean, deviation) = (DurationDisplay(self.mean), DurationDisplay(self.deviation));
        format!("normal:{mean},{deviation}")
    }
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: "normal",
    about: "normal distribution by mean and standard deviation, never negative",
    example: "normal:50ms,10ms",
    takes_cap: true,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let expected = "a mean and a standard deviation such as `50ms,10ms`";
    let (mean, deviation) = pair(text, ",", expected)?;
    let (mean, deviation) = (spec::duration(mean)?, spec::duration(deviation)?);
    if deviation.is_zero() {
        return Err(SpecError::rule(format!(
            "the standard deviation must be above 0, got `{text}`; for a constant delay write `{}`",
            DurationDisplay(mean)
        )));
    }
    let positive = inverse_normal::cdf(mean.as_micros() as f64 / deviation.as_micros() as f64);
    Ok(Box::new(Normal {
        mean,
        deviation,
        positive,
    }))
}

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, error};
    use flagpole_protocol::unit_interval;
    use statrs::distribution::{Continuous, ContinuousCDF, Normal};
    use std::time::Duration;

    /// N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions 1, 1994,
    /// chapter 13.
    fn assert_truncated(spec: &str, mean: f64, deviation: f64) {
        let whole = Normal::new(mean, deviation).unwrap();
        let negative = whole.cdf(0.0);
        assert_follows(spec, |x| {
            ((whole.cdf(x) - negative) / (1.0 - negative)).max(0.0)
        });
        let bound = -mean / deviation;
        let hazard = deviation * whole.pdf(0.0) / (1.0 - negative);
        let truth = Moments {
            mean: mean + deviation * hazard,
            variance: deviation.powi(2) * (1.0 + bound * hazard - hazard * hazard),
            // 3 for the whole distribution, 3.87 for its upper half; an upper bound is enough.
            kurtosis: 3.9,
        };
        assert_moments(spec, &truth);
    }

    #[test]
    fn delays_are_normal() {
        assert_truncated("normal:50ms,10ms", 0.05, 0.01);
    }

    #[test]
    fn close_to_zero_the_distribution_is_truncated_without_a_peak_at_zero() {
        assert_truncated("normal:10ms,20ms", 0.01, 0.02);
        assert_truncated("normal:0,20ms", 0.0, 0.02);
        let zero = delays("normal:10ms,20ms")
            .into_iter()
            .filter(Duration::is_zero);
        assert!(zero.count() < 5);
    }

    #[test]
    fn rounding_makes_no_delay_negative() {
        let latency: Latency = "normal:643us,1ms".parse().unwrap();
        assert!(latency.distribution.quantile(unit_interval(0)) >= 0.0);
    }

    #[test]
    fn missing_or_impossible_parameters_are_rejected() {
        assert_eq!(
            error("normal:50ms"),
            "expected a mean and a standard deviation such as `50ms,10ms`, got `50ms`"
        );
        assert_eq!(
            error("normal:50ms,0"),
            "the standard deviation must be above 0, got `50ms,0`; for a constant delay write `50ms`"
        );
        assert_eq!(
            error("normal:-5ms,1ms"),
            "a duration cannot be negative, got `-5ms`"
        );
    }
}
