//! `quantiles:p50=20ms,p90=80ms,p99=400ms`, or `quantiles:samples.csv`: delays as they were
//! measured somewhere.
//!
//! Parameters: at least two quantiles, per cent and duration, rising; or the name of a CSV file (see
//! `samples`). Between two given quantiles every delay is as likely as any other (linear
//! interpolation of the inverse distribution function: it meets each given quantile and never
//! overshoots). Below the first one it is the same from 0, unless `p0` is given; above the last one
//! every delay is the last one, so that none comes out that nobody named: give `p100` for a longer
//! one. Of the samples of a file each is as likely as any other, and nothing between them comes out.

use super::samples::Samples;
use super::{Distribution, Member};
use crate::config::spec;
use crate::config::spec::{DurationDisplay, SpecError};
use crate::fate::probability::Probability;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where the delays are known from.
#[derive(Debug)]
enum Quantiles {
    /// The share of delays at most this long, and how long; shares rise, delays never fall.
    Given(Vec<(Probability, Duration)>),
    Sampled(Samples),
}

impl Distribution for Quantiles {
    fn quantile(&self, p: f64) -> f64 {
        match self {
            Quantiles::Given(quantiles) => interpolated(quantiles, p),
            Quantiles::Sampled(samples) => samples.quantile(p).as_micros() as f64,
        }
    }
}

fn interpolated(quantiles: &[(Probability, Duration)], p: f64) -> f64 {
    let (mut from, mut shortest) = (0.0, 0.0);
    for (share, delay) in quantiles {
        let (to, longest) = (share.share(), delay.as_micros() as f64);
        if p < to {
            return shortest + (p - from) / (to - from) * (longest - shortest);
        }
        (from, shortest) = (to, longest);
    }
    shortest
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("quantiles:")?;
        match self {
            Quantiles::Sampled(samples) => samples.fmt(f),
            Quantiles::Given(quantiles) => {
                for (place, (share, delay)) in quantiles.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    let per_cent = share.to_string();
                    let per_cent = per_cent.trim_end_matches('%');
                    write!(f, "{comma}p{per_cent}={}", DurationDisplay(*delay))?;
                }
                Ok(())
            }
        }
    }
}

fn parse(text: &str) -> Result<Arc<dyn Distribution>, SpecError> {
    let kind = Path::new(text).extension();
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("csv")) {
        return Ok(Arc::new(Quantiles::Sampled(Samples::read(text)?)));
    }
    if !text.contains('=') {
        return Err(SpecError::expected(
            "quantiles such as `p50=20ms,p99=400ms`, or a file whose name ends in `.csv`",
            text,
        ));
    }
    let quantiles = text
        .split(',')
        .map(quantile)
        .collect::<Result<Vec<_>, _>>()?;
    let broken = |rule: &str| Err(SpecError::rule(format!("{rule}, got `{text}`")));
    if quantiles.len() < 2 {
        return broken("at least two quantiles make a distribution");
    }
    if !quantiles.is_sorted_by(|a, b| a.0 < b.0) {
        return broken("quantiles are in rising order of their per cent");
    }
    if !quantiles.is_sorted_by(|a, b| a.1 <= b.1) {
        return broken("a higher quantile is at least as long as a lower one");
    }
    Ok(Arc::new(Quantiles::Given(quantiles)))
}

/// Reads one quantile: `p99.9=400ms`.
fn quantile(text: &str) -> Result<(Probability, Duration), SpecError> {
    let malformed = || SpecError::expected("a quantile such as `p99.9=400ms`", text);
    let (per_cent, delay) = text
        .strip_prefix('p')
        .and_then(|rest| rest.split_once('='))
        .ok_or_else(malformed)?;
    let share = format!("{per_cent}%").parse().map_err(|_| malformed())?;
    Ok((share, spec::duration(delay)?))
}

pub(crate) const MEMBER: Member = Member {
    name: "quantiles",
    about: "delays as measured: by their quantiles, or from a file of samples",
    example: "quantiles:p50=20ms,p90=80ms,p99=400ms",
    capped: true,
    parse,
};

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, refused};
    use statrs::distribution::{ContinuousCDF, Uniform};
    use std::time::Duration;

    const SAMPLES: &str = "quantiles:tests/golden/samples.csv";

    /// A mixture of uniform distributions: their shares, bounds in seconds.
    const EVEN: [(f64, f64, f64); 3] = [(0.5, 0.01, 0.02), (0.4, 0.02, 0.08), (0.1, 0.08, 0.4)];

    #[test]
    fn delays_are_even_between_the_quantiles() {
        let spec = "quantiles:p0=10ms,p50=20ms,p90=80ms,p100=400ms";
        let part =
            |(share, from, to): (f64, f64, f64), x| share * Uniform::new(from, to).unwrap().cdf(x);
        assert_follows(spec, |x| EVEN.iter().map(|even| part(*even, x)).sum());
        // The n-th moment about c of an even distribution over a..b.
        let moment = |n: i32, c: f64| {
            let power = |x: f64| (x - c).powi(n + 1);
            let part = |(share, a, b): &(f64, f64, f64)| {
                share * (power(*b) - power(*a)) / (f64::from(n + 1) * (b - a))
            };
            EVEN.iter().map(part).sum::<f64>()
        };
        let mean = moment(1, 0.0);
        let variance = moment(2, mean);
        let kurtosis = moment(4, mean) / (variance * variance);
        let truth = Moments {
            mean,
            variance,
            kurtosis,
        };
        assert_moments(spec, &truth);
    }

    #[test]
    fn below_the_first_they_begin_at_nought_and_above_the_last_they_are_it() {
        let spec = "quantiles:p50=20ms,p90=80ms";
        let upto = |x: f64| (x / 0.04).min(0.5 + ((x - 0.02) / 0.15).max(0.0));
        assert_follows(spec, |x| if x < 0.08 { upto(x.max(0.0)) } else { 1.0 });
        let longest = delays(spec)
            .into_iter()
            .filter(|x| x.as_millis() == 80)
            .count();
        assert!((900..1100).contains(&longest), "{longest}");
    }

    #[test]
    fn each_quantile_given_is_met() {
        let latency: Latency = "quantiles:p50=20ms,p90=80ms,p99.9=400ms".parse().unwrap();
        for (p, millis) in [(0.5, 20), (0.9, 80), (0.999, 400)] {
            let delay = latency.limited(latency.distribution.quantile(p));
            assert_eq!(delay, Duration::from_millis(millis));
        }
    }

    #[test]
    fn of_a_file_each_sample_is_as_likely_and_nothing_else_comes_out() {
        let micros = [1_200, 1_200, 5_000, 20_000, 1_500_000];
        let expected = |x: &Duration| micros.contains(&x.as_micros());
        assert!(delays(SAMPLES).iter().all(expected));
        let samples = micros.map(|micros| micros as f64 / 1e6);
        let share = |x: f64| samples.iter().filter(|s| **s <= x).count() as f64 / 5.0;
        assert_follows(SAMPLES, share);
        let mean = samples.iter().sum::<f64>() / 5.0;
        let moment = |n| samples.iter().map(|x| (x - mean).powi(n)).sum::<f64>() / 5.0;
        let (variance, kurtosis) = (moment(2), moment(4) / moment(2).powi(2));
        let truth = Moments {
            mean,
            variance,
            kurtosis,
        };
        assert_moments(SAMPLES, &truth);
    }

    #[test]
    fn the_longest_delay_is_the_last_quantile_or_sample() {
        for (spec, millis) in [("quantiles:p50=1ms,p90=2ms", 2), (SAMPLES, 1_500)] {
            let (latency, longest) = (spec.parse::<Latency>(), Duration::from_millis(millis));
            assert_eq!(latency.unwrap().longest(), longest);
            assert_eq!(delays(spec).last(), Some(&longest));
        }
    }

    #[test]
    fn quantiles_that_are_malformed_too_few_or_in_disorder_are_refused() {
        let refused = |parameters: &str| refused(&format!("quantiles:{parameters}"));
        let either = "quantiles such as `p50=20ms,p99=400ms`, or a file whose name ends in `.csv`";
        assert_eq!(refused("20ms"), format!("expected {either}, got `20ms`"));
        for bad in ["p101=1s", "p=1s", "q50=1s", "p-1=1s", "p50%=1s"] {
            assert_eq!(
                refused(&format!("p1=0,{bad}")),
                format!("expected a quantile such as `p99.9=400ms`, got `{bad}`")
            );
        }
        for (bad, rule) in [
            ("p50=1s", "at least two quantiles make a distribution"),
            (
                "p90=1s,p50=2s",
                "quantiles are in rising order of their per cent",
            ),
            (
                "p50=1s,p50=2s",
                "quantiles are in rising order of their per cent",
            ),
            (
                "p50=2s,p90=1s",
                "a higher quantile is at least as long as a lower one",
            ),
        ] {
            assert_eq!(refused(bad), format!("{rule}, got `{bad}`"));
        }
    }
}
