//! The seconds of a run as points of a chart: each second, or several seconds together where a run is long.

use crate::load::LoadSecond;
use crate::stats::median::lower_median;
use std::collections::BTreeMap;

/// The most points of a chart: with more, a point would be narrower than two pixels.
const MAX_POINTS: usize = 300;

/// Numbers of seconds that are a point, so that points begin at round times.
const LENGTHS: [usize; 14] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];

/// Some seconds of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TimePoint {
    pub(super) start_us: u64,
    pub(super) length_us: u64,
    /// Scheduled arrivals; `None` in the closed model.
    pub(super) due: Option<u64>,
    pub(super) ended: u64,
    pub(super) succeeded: u64,
    /// Requests that failed, by the label of their outcome.
    pub(super) failed: BTreeMap<String, u64>,
    /// The largest of its seconds, as are `queued`, `p99_us` and `max_us`.
    pub(super) in_flight: u64,
    pub(super) queued: u64,
    /// The median of its seconds, as is `p90_us`.
    pub(super) p50_us: Option<u64>,
    pub(super) p90_us: Option<u64>,
    pub(super) p99_us: Option<u64>,
    pub(super) max_us: Option<u64>,
}

/// The points of a run in the order of time.
pub(super) struct TimePoints {
    pub(super) points: Vec<TimePoint>,
    /// The number of seconds of each point but the last one.
    pub(super) seconds: usize,
}

impl TimePoints {
    /// As few seconds a point as [`MAX_POINTS`] allows.
    pub(super) fn new(seconds: &[LoadSecond]) -> TimePoints {
        let least = seconds.len().div_ceil(MAX_POINTS).max(1);
        let length = LENGTHS.into_iter().find(|length| *length >= least);
        let length = length.unwrap_or(least);
        let mut chunks: Vec<&[LoadSecond]> = seconds.chunks(length).collect();
        // The time after the last full second can be a millisecond, in which a single request would be a high rate.
        if let [.., before, last] = chunks[..]
            && 2 * duration(last) < duration(before)
        {
            chunks.truncate(chunks.len() - 2);
            chunks.push(&seconds[seconds.len() - before.len() - last.len()..]);
        }
        TimePoints {
            points: chunks.into_iter().map(TimePoint::new).collect(),
            seconds: length,
        }
    }

    /// The end of the last point.
    pub(super) fn end_us(&self) -> u64 {
        self.points.last().map_or(0, TimePoint::end_us)
    }

    /// What a point is: `a second`, `20 seconds`.
    pub(super) fn unit(&self) -> String {
        match self.seconds {
            1 => "a second".to_owned(),
            seconds => format!("{seconds} seconds"),
        }
    }

    /// How seconds are folded, as the end of a sentence on how to read a chart; empty if they are not.
    pub(super) fn folding(&self, rule: &str) -> String {
        match self.seconds {
            1 => String::new(),
            seconds => {
                format!(" The run is long: {seconds} seconds are folded into each point, {rule}.")
            }
        }
    }
}

impl TimePoint {
    fn new(seconds: &[LoadSecond]) -> TimePoint {
        let sum = |count: fn(&LoadSecond) -> u64| seconds.iter().map(count).sum::<u64>();
        let largest = |count: fn(&LoadSecond) -> u64| seconds.iter().map(count).max().unwrap_or(0);
        let median = |latency: fn(&LoadSecond) -> Option<u64>| {
            lower_median(seconds.iter().filter_map(latency), Ord::cmp)
        };
        let mut failed = BTreeMap::new();
        for (label, count) in seconds.iter().flat_map(|second| &second.failed) {
            *failed.entry(label.clone()).or_insert(0) += count;
        }
        TimePoint {
            start_us: seconds.first().map_or(0, |first| first.start_us),
            length_us: duration(seconds),
            due: seconds.iter().map(|second| second.due).sum(),
            ended: sum(|second| second.ended),
            succeeded: sum(|second| second.succeeded),
            failed,
            in_flight: largest(|second| second.in_flight),
            queued: largest(|second| second.queued),
            p50_us: median(|second| second.p50_us),
            p90_us: median(|second| second.p90_us),
            p99_us: seconds.iter().filter_map(|second| second.p99_us).max(),
            max_us: seconds.iter().filter_map(|second| second.max_us).max(),
        }
    }

    /// When it ends.
    pub(super) fn end_us(&self) -> u64 {
        self.start_us.saturating_add(self.length_us)
    }

    /// A count as a rate per second.
    pub(super) fn per_second(&self, count: u64) -> f64 {
        count as f64 * 1e6 / self.length_us.max(1) as f64
    }

    /// The number of requests that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

fn duration(seconds: &[LoadSecond]) -> u64 {
    seconds.iter().map(|second| second.length_us).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64, last_us: u64) -> Vec<LoadSecond> {
        let second = |index| LoadSecond {
            start_us: index * 1_000_000,
            length_us: if index + 1 == count {
                last_us
            } else {
                1_000_000
            },
            due: Some(10),
            ended: 9,
            in_flight: index,
            p50_us: Some(100 + index),
            p99_us: Some(1_000_000 - index),
            ..LoadSecond::default()
        };
        (0..count).map(second).collect()
    }

    #[test]
    fn short_run_has_a_point_for_each_second() {
        let points = TimePoints::new(&seconds(300, 1_000_000));
        assert_eq!((points.points.len(), points.seconds), (300, 1));
        assert_eq!(points.folding("x"), "");
        assert!(TimePoints::new(&[]).points.is_empty());
    }

    #[test]
    fn day_has_a_point_for_five_minutes() {
        let points = TimePoints::new(&seconds(86_400, 1_000_000));
        assert_eq!((points.points.len(), points.seconds), (288, 300));
        let second = &points.points[1];
        assert_eq!(
            (second.start_us, second.length_us),
            (300_000_000, 300_000_000)
        );
        assert_eq!(
            (second.due, second.ended, second.in_flight),
            (Some(3000), 2700, 599)
        );
        assert_eq!((second.p50_us, second.p99_us), (Some(549), Some(999_700)));
    }

    #[test]
    fn short_rest_belongs_to_the_point_before() {
        let points = TimePoints::new(&seconds(3, 2_000)).points;
        assert_eq!(
            (points.len(), points[1].length_us, points[1].ended),
            (2, 1_002_000, 18)
        );
        assert_eq!(TimePoints::new(&seconds(3, 600_000)).points.len(), 3);
        assert_eq!(TimePoints::new(&seconds(1, 2_000)).points.len(), 1);
    }
}
