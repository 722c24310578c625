//! Mixtures against the distributions of their components.

use crate::Latency;
use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, error};
use statrs::distribution::{ContinuousCDF, Exp, Uniform};
use std::time::Duration;

#[test]
fn delays_follow_the_components_by_their_probabilities() {
    let spec = "70%:exponential:50ms|30%:uniform:1s..2s";
    let (short, long) = (Exp::new(20.0).unwrap(), Uniform::new(1.0, 2.0).unwrap());
    assert_follows(spec, |x| 0.7 * short.cdf(x) + 0.3 * long.cdf(x));
    // The n-th moments about 0: n! / rate^n, and (2^(n+1) - 1) / (n+1).
    let raw = |exponential: f64, uniform: f64| 0.7 * exponential + 0.3 * uniform;
    let [m, m2, m3, m4] = [
        raw(0.05, 1.5),
        raw(2.0 * 0.05_f64.powi(2), 7.0 / 3.0),
        raw(6.0 * 0.05_f64.powi(3), 15.0 / 4.0),
        raw(24.0 * 0.05_f64.powi(4), 31.0 / 5.0),
    ];
    let variance = m2 - m * m;
    let fourth = m4 - 4.0 * m * m3 + 6.0 * m * m * m2 - 3.0 * m.powi(4);
    let kurtosis = fourth / (variance * variance);
    let truth = Moments {
        mean: m,
        variance,
        kurtosis,
    };
    assert_moments(spec, &truth);
}

#[test]
fn a_constant_component_is_as_frequent_as_its_probability() {
    let delays = delays("90%:20ms|10%:uniform:1s..2s");
    let short = delays.iter().filter(|x| x.as_millis() == 20).count();
    // 9,000 are expected, with a standard deviation of 30.
    assert!((8_901..=9_099).contains(&short), "{short}");
}

#[test]
fn the_first_and_last_draw_of_a_component_give_its_extreme_delays() {
    let latency: Latency = "50%:uniform:1s..2s|50%:uniform:3s..4s".parse().unwrap();
    let half = 1 << 63;
    let delays = [0, half - 1, half, u64::MAX].map(|draw| latency.delay(draw));
    assert_eq!(delays, [1, 2, 3, 4].map(Duration::from_secs));
    assert!(latency.distribution.quantile(0.5) >= 3e6);
}

#[test]
fn a_component_of_0_percent_never_occurs_and_of_100_percent_always() {
    for spec in ["0%:1h|100%:20ms|0%:1h", "100%:20ms"] {
        assert!(delays(spec).iter().all(|x| x.as_millis() == 20), "{spec}");
    }
}

#[test]
fn impossible_components_do_not_count_for_the_longest_delay() {
    let is_zero = |spec: &str| spec.parse::<Latency>().unwrap().is_zero();
    assert!(is_zero("0%:1h|100%:0"));
    assert!(is_zero("50%:0|50%:exponential:1s,max=0"));
    assert!(!is_zero("0.000001%:1us|99.999999%:0"));
    assert!(!is_zero("99.999999%:0|0.000001%:1us"));
}

#[test]
fn a_cap_applies_to_its_component() {
    let latency: Latency = "50%:1h,max=1s|50%:1h,max=2s".parse().unwrap();
    assert_eq!(latency.delay(0), Duration::from_secs(1));
    assert_eq!(latency.delay(u64::MAX), Duration::from_secs(2));
    let same: Latency = "mixture:50%:1h,max=1s|50%:1h,max=2s".parse().unwrap();
    assert_eq!(latency, same);
}

#[test]
fn components_that_are_malformed_nested_or_too_few_are_error() {
    for (bad, sentence) in [
        (
            "mixture:20ms",
            "expected a probability and a latency such as `90%:20ms`, got `20ms`",
        ),
        (
            "50%:1s|",
            "expected a probability and a latency such as `90%:20ms`, got ``",
        ),
        (
            "50%:1s|half:2s",
            "expected a probability such as `5%` or `0.5%`, got `half`",
        ),
        (
            "90%:1s",
            "the probabilities of a mixture must add up to exactly 100%, got `90%`",
        ),
        (
            "90%:1s|10.000001%:2s",
            "the probabilities of a mixture must add up to exactly 100%, got `100.000001%`",
        ),
        (
            "100%:50%:1s",
            "a mixture cannot contain a mixture, got `50%:1s`",
        ),
        (
            "100%:mixture:100%:1s",
            "a mixture cannot contain a mixture, got `mixture:100%:1s`",
        ),
        (
            "100%:soon",
            "expected a duration such as `50ms` or `1.5s`, got `soon`",
        ),
    ] {
        assert_eq!(error(bad), sentence);
    }
}
