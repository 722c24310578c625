//! A histogram of response times with few bars.

use flagpole_protocol::LatencyStats;
use std::time::Duration;

/// The number of bars.
const BARS: usize = 10;

/// The part of the response times that lies beyond the last bars but one; the last bar has it.
const TAIL: f64 = 0.999;

/// The response times in a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    /// The end of the range, inclusive.
    pub(crate) upper: Duration,
    /// The share of the response times, 0 to 1.
    pub(crate) share: f64,
}

/// Bars whose ranges grow by the same factor from the minimum to the 99.9th percentile; the last one ends at the maximum.
pub(super) fn bars(times: &LatencyStats) -> Vec<Bar> {
    let ends = (times.min(), times.quantile(TAIL), times.max());
    let (Some(min), Some(tail), Some(max)) = ends else {
        return Vec::new();
    };
    let first = min.as_secs_f64().max(1e-6);
    let factor = (tail.as_secs_f64() / first)
        .max(1.0)
        .powf(1.0 / BARS as f64);
    let mut bars: Vec<_> = (1..=BARS)
        .map(|number| Bar {
            upper: Duration::from_secs_f64(first * factor.powf(number as f64)),
            share: 0.0,
        })
        .collect();
    // Equal response times have one bar.
    bars.dedup_by_key(|bar| bar.upper.as_micros());
    if let Some(last) = bars.last_mut() {
        last.upper = max;
    }
    let total = times.count() as f64;
    for (time, count) in times.counts() {
        let index = bars.partition_point(|bar| bar.upper < time);
        let index = index.min(bars.len() - 1);
        bars[index].share += count as f64 / total;
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(micros: impl IntoIterator<Item = u64>) -> LatencyStats {
        let mut times = LatencyStats::default();
        for micros in micros {
            times.record(Duration::from_micros(micros));
        }
        times
    }

    #[test]
    fn bars_hold_every_response_time_and_end_at_the_maximum() {
        let bars = bars(&times((1..=2000).chain([900_000])));
        assert_eq!(bars.len(), BARS);
        let sum: f64 = bars.iter().map(|bar| bar.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert_eq!(bars[BARS - 1].upper, Duration::from_millis(900));
        assert!(bars[BARS - 2].upper < Duration::from_millis(2));
    }

    #[test]
    fn equal_response_times_have_one_bar() {
        assert_eq!(bars(&LatencyStats::default()), []);
        let bars = bars(&times([50, 50, 50]));
        let upper = Duration::from_micros(50);
        assert_eq!(bars, [Bar { upper, share: 1.0 }]);
    }
}
