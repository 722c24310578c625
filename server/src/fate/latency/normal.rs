//! `normal:50ms,10ms`: delays vary about a mean, short ones as much as long ones.
//!
//! Parameters: the mean and the standard deviation of the normal distribution, before its negative
//! part, which no delay can be, is left out. What is left keeps its shape (a truncated normal
//! distribution: that of the delays given that they are not negative), so that nothing is heaped up
//! at 0. Both parameters are those of the delays wherever the mean is at least four standard
//! deviations; nearer to 0 the mean of the delays is above the one given.

use crate::config::spec;
use crate::config::spec::{DurationDisplay, SpecError};
use crate::fate::latency::{Distribution, Member, inverse_normal as gauss};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The parameters; `deviation` is more than 0.
#[derive(Debug)]
struct Normal {
    mean: Duration,
    deviation: Duration,
    /// The share of the whole normal distribution that is not negative; at least a half.
    kept: f64,
}

impl Distribution for Normal {
    fn quantile(&self, p: f64) -> f64 {
        let (mean, deviation) = (self.mean.as_micros(), self.deviation.as_micros());
        // The share above, not below: what is kept is the upper part, and the share above is exact
        // where the tail is long.
        let z = -gauss::quantile((1.0 - p) * self.kept);
        // Next to 0 rounding may err to its other side.
        (mean as f64 + deviation as f64 * z).max(0.0)
    }
}

impl fmt::Display for Normal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mean, deviation) = (DurationDisplay(self.mean), DurationDisplay(self.deviation));
        write!(f, "normal:{mean},{deviation}")
    }
}

fn parse(text: &str) -> Result<Arc<dyn Distribution>, SpecError> {
    let expected = "a mean and a standard deviation such as `50ms,10ms`";
    let (mean, deviation) = text
        .split_once(',')
        .ok_or_else(|| SpecError::expected(expected, text))?;
    let (mean, deviation) = (spec::duration(mean)?, spec::duration(deviation)?);
    if deviation.is_zero() {
        return Err(SpecError::rule(format!(
            "a standard deviation is more than 0, got `{text}`; a delay that never varies is `{}`",
            DurationDisplay(mean)
        )));
    }
    let kept = gauss::share_below(mean.as_micros() as f64 / deviation.as_micros() as f64);
    Ok(Arc::new(Normal {
        mean,
        deviation,
        kept,
    }))
}

pub(crate) const MEMBER: Member = Member {
    name: "normal",
    about: "delays vary about a mean, by a standard deviation; none is negative",
    example: "normal:50ms,10ms",
    capped: true,
    parse,
};

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, refused};
    use crate::fate::unit_interval::unit;
    use statrs::distribution::{Continuous, ContinuousCDF, Normal};
    use std::time::Duration;

    /// The truncated normal distribution, by the textbook: N. L. Johnson, S. Kotz and N.
    /// Balakrishnan, Continuous Univariate Distributions 1, 1994, chapter 13.
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
            // 3 for the whole, 3.87 for the half; an upper bound is enough.
            kurtosis: 3.9,
        };
        assert_moments(spec, &truth);
    }

    #[test]
    fn delays_are_normal() {
        assert_truncated("normal:50ms,10ms", 0.05, 0.01);
    }

    #[test]
    fn near_nought_the_shape_is_kept_and_nothing_is_heaped_up() {
        assert_truncated("normal:10ms,20ms", 0.01, 0.02);
        assert_truncated("normal:0,20ms", 0.0, 0.02);
        let none = delays("normal:10ms,20ms")
            .into_iter()
            .filter(Duration::is_zero);
        assert!(none.count() < 5);
    }

    #[test]
    fn rounding_makes_no_delay_negative() {
        let latency: Latency = "normal:643us,1ms".parse().unwrap();
        assert!(latency.distribution.quantile(unit(0)) >= 0.0);
    }

    #[test]
    fn parameters_that_are_missing_or_make_no_distribution_are_refused() {
        assert_eq!(
            refused("normal:50ms"),
            "expected a mean and a standard deviation such as `50ms,10ms`, got `50ms`"
        );
        assert_eq!(
            refused("normal:50ms,0"),
            "a standard deviation is more than 0, got `50ms,0`; a delay that never varies is `50ms`"
        );
        assert_eq!(
            refused("normal:-5ms,1ms"),
            "a duration can not be negative, got `-5ms`"
        );
    }
}
