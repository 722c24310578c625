//! `lognormal:p50=50ms,p99=200ms`: half of the delays lie below the first, all but a hundredth
//! below the second; what most measured services look like.
//!
//! Parameters: the median and the 99th percentile. The logarithm of the delay is normal, so these
//! two say all: delay = p50 * (p99 / p50) ^ (z(p) / z(0.99)), z being the normal quantile.

use crate::config::spec;
use crate::config::spec::{DurationDisplay, SpecError};
use crate::fate::latency::{Distribution, Member, inverse_normal as gauss};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The parameters; 0 < `median` < `p99`.
#[derive(Debug)]
struct LogNormal {
    median: Duration,
    p99: Duration,
    /// The standard deviation of the logarithm of the delay.
    sigma: f64,
}

impl Distribution for LogNormal {
    fn quantile(&self, p: f64) -> f64 {
        self.median.as_micros() as f64 * libm::exp(self.sigma * gauss::quantile(p))
    }
}

impl fmt::Display for LogNormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, p99) = (DurationDisplay(self.median), DurationDisplay(self.p99));
        write!(f, "lognormal:p50={median},p99={p99}")
    }
}

fn parse(text: &str) -> Result<Arc<dyn Distribution>, SpecError> {
    let expected = "the median and the 99th percentile such as `p50=50ms,p99=200ms`";
    let (median, p99) = text
        .strip_prefix("p50=")
        .and_then(|rest| rest.split_once(",p99="))
        .ok_or_else(|| SpecError::expected(expected, text))?;
    let (median, p99) = (spec::duration(median)?, spec::duration(p99)?);
    if median.is_zero() {
        return Err(SpecError::rule(format!(
            "the median is more than 0, got `{text}`"
        )));
    }
    if p99 <= median {
        return Err(SpecError::rule(format!(
            "the 99th percentile is above the median, got `{text}`"
        )));
    }
    let sigma =
        libm::log(p99.as_micros() as f64 / median.as_micros() as f64) / gauss::quantile(0.99);
    Ok(Arc::new(LogNormal { median, p99, sigma }))
}

pub(crate) const MEMBER: Member = Member {
    name: "lognormal",
    about: "a hump and a long tail, by the median and the 99th percentile",
    example: "lognormal:p50=50ms,p99=200ms",
    capped: true,
    parse,
};

#[cfg(test)]
mod tests {
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, refused};
    use statrs::distribution::{ContinuousCDF, LogNormal, Normal};
    use statrs::statistics::Distribution;

    const SPEC: &str = "lognormal:p50=50ms,p99=200ms";

    #[test]
    fn delays_are_lognormal() {
        let sigma = 4_f64.ln() / Normal::standard().inverse_cdf(0.99);
        let truth = LogNormal::new(0.05_f64.ln(), sigma).unwrap();
        assert_follows(SPEC, |x| truth.cdf(x));
        let powers = |n: f64| (n * sigma * sigma).exp();
        let truth = Moments {
            mean: truth.mean().unwrap(),
            variance: truth.variance().unwrap(),
            kurtosis: powers(4.0) + 2.0 * powers(3.0) + 3.0 * powers(2.0) - 3.0,
        };
        assert_moments(SPEC, &truth);
    }

    /// What the parameters say, word for word. Of 10,000 delays 5,000 are to lie below the median,
    /// with a standard deviation of 50, and 100 above the 99th percentile, with one of 10.
    #[test]
    fn half_lie_below_the_median_and_a_hundredth_above_the_99th_percentile() {
        let delays = delays(SPEC);
        let below = delays.iter().filter(|x| x.as_millis() < 50).count();
        let above = delays.iter().filter(|x| x.as_millis() >= 200).count();
        assert!((4_835..=5_165).contains(&below), "{below}");
        assert!((67..=133).contains(&above), "{above}");
    }

    #[test]
    fn parameters_that_are_missing_or_make_no_distribution_are_refused() {
        let expected = "expected the median and the 99th percentile such as `p50=50ms,p99=200ms`";
        for bad in ["50ms,200ms", "p50=50ms", "p99=200ms,p50=50ms", ""] {
            assert_eq!(
                refused(&format!("lognormal:{bad}")),
                format!("{expected}, got `{bad}`")
            );
        }
        assert_eq!(
            refused("lognormal:p50=0,p99=1s"),
            "the median is more than 0, got `p50=0,p99=1s`"
        );
        assert_eq!(
            refused("lognormal:p50=1s,p99=1s"),
            "the 99th percentile is above the median, got `p50=1s,p99=1s`"
        );
    }
}
