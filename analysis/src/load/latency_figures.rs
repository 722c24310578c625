//! The percentiles of latencies in a load run, as far as the sample supports them.

use crate::stats::{QuantileInterval, required_samples};
use flagpole_protocol::{LatencyStats, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Latencies in microseconds. A percentile that the sample cannot support is null: p99 needs 299 latencies, p99.9 2,995.
/// Latencies of one run depend on each other; the intervals assume that they do not, and are too narrow where the server
/// stalled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct LatencyFigures {
    /// The number of latencies.
    pub count: u64,
    /// The minimum, exact.
    pub min_us: Option<u64>,
    /// The arithmetic mean, exact.
    pub mean_us: Option<f64>,
    /// The median.
    pub p50: Option<LoadPercentile>,
    /// The 75th percentile.
    pub p75: Option<LoadPercentile>,
    /// The 90th percentile.
    pub p90: Option<LoadPercentile>,
    /// The 95th percentile.
    pub p95: Option<LoadPercentile>,
    /// The 99th percentile.
    pub p99: Option<LoadPercentile>,
    /// The 99.9th percentile.
    pub p99_9: Option<LoadPercentile>,
    /// The 99.99th percentile.
    pub p99_99: Option<LoadPercentile>,
    /// The maximum, exact.
    pub max_us: Option<u64>,
    /// Whether unfinished requests are among the latencies: then the maximum and the mean are lower bounds.
    pub has_unfinished: bool,
}

/// A percentile, in microseconds: a latency, within 0.1%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct LoadPercentile {
    /// The latency.
    pub us: u64,
    /// The ends of the 95% confidence interval, by order statistics of independent latencies. Null where they are too few
    /// for that end: the upper end of p99 needs 368.
    pub interval_us: [Option<u64>; 2],
    /// Whether unfinished requests reach into it, so that the true value is at least this.
    pub is_lower_bound: bool,
}

impl LatencyFigures {
    /// The figures of these latencies, all of requests that ended.
    pub fn new(latencies: &LatencyStats) -> LatencyFigures {
        LatencyFigures::with_unfinished(latencies, &LatencyStats::default())
    }

    /// The figures of the latencies of requests that ended and of those that did not, which took at least as long as
    /// `unfinished` says.
    pub fn with_unfinished(ended: &LatencyStats, unfinished: &LatencyStats) -> LatencyFigures {
        let mut all = ended.clone();
        all += unfinished;
        let count = all.count();
        let percentile = |quantile| {
            let is_supported = required_samples(quantile) <= count;
            let value = all.quantile(quantile).filter(|_| is_supported)?;
            let interval = QuantileInterval::new(quantile, count);
            let end = |level: Option<f64>| all.quantile(level?).map(as_micros);
            Some(LoadPercentile {
                us: as_micros(value),
                interval_us: [end(interval.low), end(interval.high)],
                is_lower_bound: unfinished.count() > 0
                    && is_lower_bound(ended, as_micros(value), quantile, count),
            })
        };
        LatencyFigures {
            count,
            min_us: all.min().map(as_micros),
            mean_us: (count > 0).then(|| all.sum().as_secs_f64() * 1e6 / count as f64),
            p50: percentile(0.5),
            p75: percentile(0.75),
            p90: percentile(0.9),
            p95: percentile(0.95),
            p99: percentile(0.99),
            p99_9: percentile(0.999),
            p99_99: percentile(0.9999),
            max_us: all.max().map(as_micros),
            has_unfinished: unfinished.count() > 0,
        }
    }

    /// The percentiles with their names, in rising order.
    pub fn percentiles(&self) -> [(&'static str, Option<LoadPercentile>); 7] {
        [
            ("p50", self.p50),
            ("p75", self.p75),
            ("p90", self.p90),
            ("p95", self.p95),
            ("p99", self.p99),
            ("p99.9", self.p99_9),
            ("p99.99", self.p99_99),
        ]
    }
}

/// Whether fewer than the fraction `quantile` of `count` requests certainly took at most `us`: an unfinished request may
/// have taken longer than it is known to have lasted.
fn is_lower_bound(ended: &LatencyStats, us: u64, quantile: f64, count: u64) -> bool {
    let within = ended.to_histogram().count_between(0, us);
    (within as f64) < quantile * count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn latencies(millis: impl IntoIterator<Item = u64>) -> LatencyStats {
        let mut stats = LatencyStats::default();
        for ms in millis {
            stats.record(Duration::from_millis(ms));
        }
        stats
    }

    #[test]
    fn percentile_needs_enough_latencies() {
        let figures = LatencyFigures::new(&latencies(1..=298));
        assert!(figures.p99.is_none() && figures.p95.is_some());
        let figures = LatencyFigures::new(&latencies(1..=299));
        assert!(figures.p99.is_some() && figures.p99_9.is_none());
    }

    #[test]
    fn mean_and_extremes_are_exact() {
        let figures = LatencyFigures::new(&latencies([1, 2, 6]));
        assert_eq!(figures.mean_us, Some(3000.0));
        assert_eq!((figures.min_us, figures.max_us), (Some(1000), Some(6000)));
        assert_eq!(LatencyFigures::new(&latencies([])).mean_us, None);
    }

    /// 990 requests of 1 to 990 ms, and 10 that had lasted for 2 s or for 1 ms.
    #[test]
    fn unfinished_requests_make_the_percentiles_lower_bounds_that_they_reach_into() {
        let bounds = |unfinished_ms| {
            let unfinished = latencies([unfinished_ms; 10]);
            let figures = LatencyFigures::with_unfinished(&latencies(1..=990), &unfinished);
            [figures.p50, figures.p95, figures.p99].map(|one| one.unwrap().is_lower_bound)
        };
        assert_eq!(bounds(2000), [false, false, false]);
        // All 10 may have become the slowest, so no percentile is certain.
        assert_eq!(bounds(1), [true, true, true]);
        let figures = LatencyFigures::with_unfinished(&latencies(1..=980), &latencies([2000; 20]));
        let p99 = figures.p99.unwrap();
        assert!(p99.is_lower_bound && p99.us >= 2_000_000, "{p99:?}");
        assert!(!figures.p95.unwrap().is_lower_bound && figures.has_unfinished);
    }
}
