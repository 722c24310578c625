//! Compares delays with the true distribution, in tests: the Kolmogorov-Smirnov distance and the moments of
//! delays from fixed draws, so that no test is flaky.

use crate::Latency;
use flagpole_protocol::{DrawPurpose, RngKey};
use rand::Rng as _;
use std::time::Duration;

const COUNT: u64 = 10_000;

/// The maximum rounding error of a delay.
const ROUNDING: Duration = Duration::from_nanos(500);

/// The mean in seconds, the variance in square seconds, and the kurtosis (3 for a normal distribution).
pub(crate) struct Moments {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) kurtosis: f64,
}

/// 10,000 delays, ascending.
pub(crate) fn delays(spec: &str) -> Vec<Duration> {
    let latency: Latency = spec.parse().unwrap();
    let mut rng = RngKey::new(7, 0, "/", 1).rng(DrawPurpose::Delay);
    let mut delays: Vec<_> = (0..COUNT).map(|_| latency.delay(rng.next_u64())).collect();
    delays.sort_unstable();
    delays
}

/// One-sample Kolmogorov-Smirnov test: the largest distance between the empirical and the true distribution
/// function (of seconds) must be below the critical value at significance 0.001, 1.95 / sqrt(n). The test is
/// conservative where the true function is discontinuous.
pub(crate) fn assert_follows(spec: &str, truth: impl Fn(f64) -> f64) {
    let delays = delays(spec);
    let count = delays.len() as f64;
    let (mut distance, mut below) = (0.0_f64, 0);
    // A delay of x was anything within half a microsecond of x before rounding.
    for same in delays.chunk_by(|a, b| a == b) {
        let upto = below + same.len();
        let (shortest, longest) = (same[0].saturating_sub(ROUNDING), same[0] + ROUNDING);
        let before = (truth(shortest.as_secs_f64()) - below as f64 / count).abs();
        let after = (truth(longest.as_secs_f64()) - upto as f64 / count).abs();
        distance = distance.max(before).max(after);
        below = upto;
    }
    assert!(distance < 1.95 / count.sqrt(), "{spec}: {distance}");
}

/// Mean and variance must be within 3.29 standard errors of the truth (significance 0.001).
pub(crate) fn assert_moments(spec: &str, truth: &Moments) {
    let delays: Vec<_> = delays(spec).iter().map(Duration::as_secs_f64).collect();
    let count = delays.len() as f64;
    let mean = delays.iter().sum::<f64>() / count;
    let squares = delays.iter().map(|delay| (delay - mean).powi(2));
    let variance = squares.sum::<f64>() / (count - 1.0);
    let error = (truth.variance / count).sqrt();
    assert!((mean - truth.mean).abs() < 3.29 * error, "{spec}: {mean}");
    let error = truth.variance * ((truth.kurtosis - 1.0) / count).sqrt();
    let difference = (variance - truth.variance).abs();
    assert!(difference < 3.29 * error, "{spec}: {variance}");
}

/// The error message for a specification.
pub(crate) fn error(spec: &str) -> String {
    spec.parse::<Latency>().unwrap_err().to_string()
}
