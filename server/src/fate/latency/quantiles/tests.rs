//! Quantiles and samples against the distributions that they describe.

use crate::Latency;
use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, error};
use statrs::distribution::{ContinuousCDF, Uniform};
use std::time::Duration;

const SAMPLES: &str = "quantiles:tests/golden/samples.csv";

/// A mixture of uniform distributions: weights, and bounds in seconds.
const PIECES: [(f64, f64, f64); 3] = [(0.5, 0.01, 0.02), (0.4, 0.02, 0.08), (0.1, 0.08, 0.4)];

#[test]
fn delays_are_uniform_between_two_quantiles() {
    let spec = "quantiles:p0=10ms,p50=20ms,p90=80ms,p100=400ms";
    let piece =
        |(weight, from, to): (f64, f64, f64), x| weight * Uniform::new(from, to).unwrap().cdf(x);
    assert_follows(spec, |x| PIECES.iter().map(|even| piece(*even, x)).sum());
    // The n-th moment about c of a uniform distribution over a..b.
    let moment = |n: i32, c: f64| {
        let power = |x: f64| (x - c).powi(n + 1);
        let piece = |(weight, a, b): &(f64, f64, f64)| {
            weight * (power(*b) - power(*a)) / (f64::from(n + 1) * (b - a))
        };
        PIECES.iter().map(piece).sum::<f64>()
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
fn delays_begin_at_zero_and_end_at_the_last_quantile() {
    let spec = "quantiles:p50=20ms,p90=80ms";
    let below_last = |x: f64| (x / 0.04).min(0.5 + ((x - 0.02) / 0.15).max(0.0));
    assert_follows(spec, |x| {
        if x < 0.08 {
            below_last(x.max(0.0))
        } else {
            1.0
        }
    });
    let longest = delays(spec)
        .into_iter()
        .filter(|x| x.as_millis() == 80)
        .count();
    assert!((900..1100).contains(&longest), "{longest}");
}

#[test]
fn every_given_quantile_is_exact() {
    let latency: Latency = "quantiles:p50=20ms,p90=80ms,p99.9=400ms".parse().unwrap();
    for (p, millis) in [(0.5, 20), (0.9, 80), (0.999, 400)] {
        let delay = latency.capped(latency.distribution.quantile(p));
        assert_eq!(delay, Duration::from_millis(millis));
    }
}

#[test]
fn the_samples_of_a_file_are_equally_likely_and_nothing_else_occurs() {
    let micros = [1_200, 1_200, 5_000, 20_000, 1_500_000];
    let is_sample = |x: &Duration| micros.contains(&x.as_micros());
    assert!(delays(SAMPLES).iter().all(is_sample));
    let samples = micros.map(|micros| micros as f64 / 1e6);
    let fraction = |x: f64| samples.iter().filter(|s| **s <= x).count() as f64 / 5.0;
    assert_follows(SAMPLES, fraction);
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
fn malformed_too_few_or_unordered_quantiles_are_rejected() {
    let error = |parameters: &str| error(&format!("quantiles:{parameters}"));
    let either = "quantiles such as `p50=20ms,p99=400ms`, or a file whose name ends in `.csv`";
    assert_eq!(error("20ms"), format!("expected {either}, got `20ms`"));
    for bad in ["p101=1s", "p=1s", "q50=1s", "p-1=1s", "p50%=1s"] {
        assert_eq!(
            error(&format!("p1=0,{bad}")),
            format!("expected a quantile such as `p99.9=400ms`, got `{bad}`")
        );
    }
    let unordered = "quantiles must be in ascending order of their percentage";
    for (bad, rule) in [
        ("p50=1s", "at least two quantiles are needed"),
        ("p90=1s,p50=2s", unordered),
        ("p50=1s,p50=2s", unordered),
        (
            "p50=2s,p90=1s",
            "a higher quantile must not be shorter than a lower one",
        ),
    ] {
        assert_eq!(error(bad), format!("{rule}, got `{bad}`"));
    }
}
