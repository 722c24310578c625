//! The figures that sum up many: a median with its range, percentiles, ratios.

use crate::latencies::Latencies;
use crate::record::{maybe_micros, micros};
use serde::Serialize;
use std::time::Duration;

/// The median of some durations, the lower of two in the middle, and the range they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// One of the durations, never the mean of two.
    #[serde(serialize_with = "micros")]
    pub median: Duration,
    /// The shortest.
    #[serde(serialize_with = "micros")]
    pub min: Duration,
    /// The longest.
    #[serde(serialize_with = "micros")]
    pub max: Duration,
}

/// Two percentiles of latencies; `None` if there are no latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// Half of all took no longer.
    #[serde(serialize_with = "maybe_micros")]
    pub p50: Option<Duration>,
    /// 99% took no longer.
    #[serde(serialize_with = "maybe_micros")]
    pub p99: Option<Duration>,
}

impl Spread {
    /// `None` of nothing.
    pub fn of(durations: impl Iterator<Item = Duration>) -> Option<Spread> {
        let mut sorted: Vec<Duration> = durations.collect();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        Some(Spread {
            median: sorted[middle(sorted.len())],
            min,
            max,
        })
    }
}

impl Quantiles {
    /// Those of `latencies`.
    pub fn of(latencies: &Latencies) -> Quantiles {
        Quantiles {
            p50: latencies.quantile(0.5),
            p99: latencies.quantile(0.99),
        }
    }
}

/// The median, the lower of two in the middle; `None` of nothing.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(middle(sorted.len())).copied()
}

/// The place of the median, the lower of two.
fn middle(count: usize) -> usize {
    count.saturating_sub(1) / 2
}

/// One over the other; `None` over nothing.
pub(super) fn ratio(one: Duration, other: Duration) -> Option<f64> {
    (!other.is_zero()).then(|| one.as_secs_f64() / other.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_the_values() {
        let of = |times: &[u64]| Spread::of(times.iter().map(|&ms| Duration::from_millis(ms)));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[4, 1, 3, 2]).unwrap().median, Duration::from_millis(2));
    }
}
