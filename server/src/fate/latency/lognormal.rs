//! `lognormal:p50=50ms,p99=200ms`: skewed with a long tail, by median and 99th percentile; the shape of
//! most measured services.
//!
//! Parameters: the median, above 0, and the 99th percentile, above the median. The logarithm of the delay
//! is normal: delay = p50 * (p99 / p50) ^ (z(p) / z(0.99)), where z is the normal quantile.

use super::inverse_normal;
use super::member::{Distribution, LatencyMember, ParsedDistribution};
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
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
        self.median.as_micros() as f64 * libm::exp(self.sigma * inverse_normal::quantile(p))
    }

    fn text(&self) -> String {
        let (median, p99) = (DurationDisplay(self.median), DurationDisplay(self.p99));
        format!("lognormal:p50={median},p99={p99}")
    }
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: "lognormal",
    about: "skewed with a long tail, by median and 99th percentile",
    example: "lognormal:p50=50ms,p99=200ms",
    takes_cap: true,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let expected = "the median and the 99th percentile such as `p50=50ms,p99=200ms`";
    let (median, p99) = text
        .strip_prefix("p50=")
        .and_then(|rest| rest.split_once(",p99="))
        .ok_or_else(|| SpecError::expected(expected, text))?;
    let (median, p99) = (spec::duration(median)?, spec::duration(p99)?);
    if median.is_zero() {
        return Err(SpecError::violation("the median must be above 0", text));
    }
    if p99 <= median {
        return Err(SpecError::violation(
            "the 99th percentile must be above the median",
            text,
        ));
    }
    let sigma = libm::log(p99.as_micros() as f64 / median.as_micros() as f64)
        / inverse_normal::quantile(0.99);
    Ok(Box::new(LogNormal { median, p99, sigma }))
}

#[cfg(test)]
mod tests {
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, error};
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

    /// Of 10,000 delays 5,000 are expected below the median (standard deviation 50) and 100 above the
    /// 99th percentile (standard deviation 10).
    #[test]
    fn half_of_the_delays_are_below_the_median_and_one_percent_above_p99() {
        let delays = delays(SPEC);
        let below = delays.iter().filter(|x| x.as_millis() < 50).count();
        let above = delays.iter().filter(|x| x.as_millis() >= 200).count();
        assert!((4_835..=5_165).contains(&below), "{below}");
        assert!((67..=133).contains(&above), "{above}");
    }

    #[test]
    fn missing_or_impossible_parameters_are_rejected() {
        let expected = "expected the median and the 99th percentile such as `p50=50ms,p99=200ms`";
        for bad in ["50ms,200ms", "p50=50ms", "p99=200ms,p50=50ms", ""] {
            assert_eq!(
                error(&format!("lognormal:{bad}")),
                format!("{expected}, got `{bad}`")
            );
        }
        assert_eq!(
            error("lognormal:p50=0,p99=1s"),
            "the median must be above 0, got `p50=0,p99=1s`"
        );
        assert_eq!(
            error("lognormal:p50=1s,p99=1s"),
            "the 99th percentile must be above the median, got `p50=1s,p99=1s`"
        );
    }
}
