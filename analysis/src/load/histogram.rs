//! The distribution of response times, in ranges that grow with the response times.

use flagpole_protocol::{LatencyStats, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The starts of the ranges from 100 to 999 microseconds, and of those times a power of 10: preferred numbers (ISO 3), ten
/// to a decade, so that each range is 1.25 times as wide as the one before. Those from 10 to 99 are a tenth, rounded up.
const STARTS: [u64; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];

/// Response times within a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct HistogramBucket {
    /// The start of the range, which belongs to it.
    pub from_us: u64,
    /// The end of the range, which does not belong to it.
    pub to_us: u64,
    /// The number of requests.
    pub count: u64,
}

impl HistogramBucket {
    /// The ranges with any latency, in rising order.
    pub(super) fn from_latencies(latencies: &LatencyStats) -> Vec<HistogramBucket> {
        let mut buckets: BTreeMap<u64, HistogramBucket> = BTreeMap::new();
        let max = latencies.max().map_or(0, as_micros);
        for (latency, count) in latencies.counts() {
            // A latency of a histogram may be above the maximum.
            let [from_us, to_us] = range(as_micros(latency).min(max));
            let empty = HistogramBucket {
                from_us,
                to_us,
                count: 0,
            };
            buckets.entry(from_us).or_insert(empty).count += count;
        }
        buckets.into_values().collect()
    }
}

/// The range that a latency in microseconds belongs to.
fn range(us: u64) -> [u64; 2] {
    let smallest = STARTS[0];
    if us < smallest / 10 {
        return [us, us + 1];
    }
    if us < smallest {
        return range(10 * us).map(|bound| bound.div_ceil(10));
    }
    let mut scale = 1;
    while us / scale >= 10 * smallest {
        scale *= 10;
    }
    let at = STARTS.partition_point(|start| *start <= us / scale);
    let end = STARTS.get(at).copied().unwrap_or(10 * smallest);
    [STARTS[at - 1], end].map(|bound| bound.saturating_mul(scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn ranges_are_ten_to_a_decade() {
        for (us, expected) in [
            (0, [0, 1]),
            (9, [9, 10]),
            (10, [10, 13]),
            (12, [10, 13]),
            (13, [13, 16]),
            (99, [80, 100]),
            (100, [100, 125]),
            (1_599, [1_250, 1_600]),
            (1_600, [1_600, 2_000]),
        ] {
            assert_eq!(range(us), expected, "{us}");
        }
    }

    proptest! {
        #[test]
        fn every_latency_is_in_one_range(micros in prop::collection::vec(0u64..100_000_000_000, 1..400)) {
            let mut latencies = LatencyStats::default();
            for us in &micros {
                let [from, to] = range(*us);
                prop_assert!(from <= *us && *us < to);
                latencies.record(Duration::from_micros(*us));
            }
            let buckets = HistogramBucket::from_latencies(&latencies);
            prop_assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u64>(), micros.len() as u64);
            prop_assert!(buckets.windows(2).all(|pair| pair[0].to_us <= pair[1].from_us));
        }
    }
}
