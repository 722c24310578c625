//! The figures that sum up many: a median with its range, percentiles. Whole microseconds.

use flagpole_protocol::LatencyStats;
use flagpole_protocol::as_micros;
use schemars::JsonSchema;
use serde::Serialize;

/// The shares at which a distribution is told: the median, the quarters, and ever closer to the slowest.
const SHARES: [f64; 13] = [
    0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 1.0,
];

/// The median of some values, the lower of two in the middle, and the range they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spread {
    /// One of the values, never the mean of two.
    pub median: u64,
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
}

/// Three percentiles of latencies; `None` if there are no latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Percentiles {
    /// Half of all took no longer.
    pub p50: Option<u64>,
    /// 90% took no longer.
    pub p90: Option<u64>,
    /// 99% took no longer.
    pub p99: Option<u64>,
}

/// A point of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// The share, 0 to 1, that took no longer.
    pub share: f64,
    /// Than this, from when an attempt was due.
    pub from_due_us: u64,
    /// Than this, from when it was sent.
    pub from_sent_us: u64,
}

impl Spread {
    /// `None` of nothing.
    pub fn of(values: impl Iterator<Item = u64>) -> Option<Spread> {
        let mut sorted: Vec<u64> = values.collect();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        Some(Spread {
            median: sorted[middle(sorted.len())],
            min,
            max,
        })
    }
}

impl Percentiles {
    /// Those of `latencies`.
    pub fn of(latencies: &LatencyStats) -> Percentiles {
        Percentiles {
            p50: latencies.quantile(0.5).map(as_micros),
            p90: latencies.quantile(0.9).map(as_micros),
            p99: latencies.quantile(0.99).map(as_micros),
        }
    }
}

/// The curves of two distributions of the same attempts; empty if there are none.
pub(crate) fn curve(from_due: &LatencyStats, from_sent: &LatencyStats) -> Vec<Point> {
    let point = |&share: &f64| {
        Some(Point {
            share,
            from_due_us: as_micros(from_due.quantile(share)?),
            from_sent_us: as_micros(from_sent.quantile(share)?),
        })
    };
    SHARES.iter().filter_map(point).collect()
}

/// The median, the upper of two in the middle; `None` of nothing. For what is the better the higher it is:
/// the efficiency so told is that of the round of the median wall time, if the bound is always the same.
pub(crate) fn upper_median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The place of the median, the lower of two.
pub(crate) fn middle(count: usize) -> usize {
    count.saturating_sub(1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_median_is_one_of_the_values() {
        assert_eq!(Spread::of([].into_iter()), None);
        assert_eq!(Spread::of([4, 1, 3, 2].into_iter()).unwrap().median, 2);
    }

    #[test]
    fn of_even_rounds_the_efficiency_told_is_that_of_the_wall_time_told() {
        let walls = [50, 40, 80, 100];
        assert_eq!(Spread::of(walls.into_iter()).unwrap().median, 50);
        let efficiencies = walls.map(|wall| 40.0 / wall as f64);
        assert_eq!(upper_median(efficiencies.into_iter()), Some(0.8));
        assert_eq!(upper_median([].into_iter()), None);
    }

    #[test]
    fn a_curve_rises_from_the_fastest_to_the_slowest() {
        let mut latencies = LatencyStats::default();
        for ms in 1..=200 {
            latencies.record(Duration::from_millis(ms));
        }
        let curve = curve(&latencies, &latencies);
        assert_eq!(curve.first().unwrap().from_due_us, 1000);
        assert_eq!(curve.last().unwrap().from_sent_us, 200_000);
        assert!(curve.is_sorted_by_key(|point| point.from_due_us));
        assert!(super::curve(&LatencyStats::default(), &latencies).is_empty());
    }
}
