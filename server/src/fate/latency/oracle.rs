//! How delays are held against the truth, in tests: delays from fixed draws, so that no test can
//! flicker, the Kolmogorov-Smirnov distance, and the moments.

use crate::Latency;
use flagpole_protocol::{DrawPurpose, RngKey};
use rand::Rng as _;
use std::time::Duration;

const COUNT: u64 = 10_000;

/// What rounding moves a delay by at most.
const HALF: Duration = Duration::from_nanos(500);

/// The mean in seconds, the variance in square seconds, and the kurtosis (3 for the normal one).
pub(crate) struct Moments {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) kurtosis: f64,
}

/// Ten thousand delays, ascending.
pub(crate) fn delays(spec: &str) -> Vec<Duration> {
    let latency: Latency = spec.parse().unwrap();
    let mut rng = RngKey::new(7, 0, "/", 1).rng(DrawPurpose::Delay);
    let mut delays: Vec<_> = (0..COUNT).map(|_| latency.delay(rng.next_u64())).collect();
    delays.sort_unstable();
    delays
}

/// One-sample Kolmogorov-Smirnov: the largest distance between the empirical and the true
/// distribution function (of seconds) stays under the critical value for a false alarm in a
/// thousand, 1.95 / sqrt(n). Where the true one leaps, the test is milder.
pub(crate) fn assert_follows(spec: &str, truth: impl Fn(f64) -> f64) {
    let delays = delays(spec);
    let count = delays.len() as f64;
    let (mut distance, mut below) = (0.0_f64, 0);
    // What came out as x was anything within half a microsecond of it.
    for same in delays.chunk_by(|a, b| a == b) {
        let upto = below + same.len();
        let (shortest, longest) = (same[0].saturating_sub(HALF), same[0] + HALF);
        let before = (truth(shortest.as_secs_f64()) - below as f64 / count).abs();
        let after = (truth(longest.as_secs_f64()) - upto as f64 / count).abs();
        distance = distance.max(before).max(after);
        below = upto;
    }
    assert!(distance < 1.95 / count.sqrt(), "{spec}: {distance}");
}

/// Mean and variance are within 3.29 standard errors of the truth: missed once in a thousand.
pub(crate) fn assert_moments(spec: &str, truth: &Moments) {
    let delays: Vec<_> = delays(spec).iter().map(Duration::as_secs_f64).collect();
    let count = delays.len() as f64;
    let mean = delays.iter().sum::<f64>() / count;
    let squares = delays.iter().map(|delay| (delay - mean).powi(2));
    let variance = squares.sum::<f64>() / (count - 1.0);
    let error = (truth.variance / count).sqrt();
    assert!((mean - truth.mean).abs() < 3.29 * error, "{spec}: {mean}");
    let error = truth.variance * ((truth.kurtosis - 1.0) / count).sqrt();
    let off = (variance - truth.variance).abs();
    assert!(off < 3.29 * error, "{spec}: {variance}");
}

/// Why a specification is refused.
pub(crate) fn refused(spec: &str) -> String {
    spec.parse::<Latency>().unwrap_err().to_string()
}
