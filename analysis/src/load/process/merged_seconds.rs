//! The seconds of all processes together.

use super::interval::ProcessInterval;
use super::wall_quarter::WallQuarter;
use std::collections::BTreeMap;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The intervals of all processes, added up where they begin at the same quarter of a second.
#[derive(Clone, Debug, Default)]
pub(super) struct MergedSeconds {
    by_start: BTreeMap<WallQuarter, ProcessInterval>,
}

impl MergedSeconds {
    /// Adds an interval that begins at this time by the common clock.
    pub(super) fn add(&mut self, at: WallQuarter, interval: &ProcessInterval) {
        let start = interval.start;
        let sum = self.by_start.entry(at).or_default();
        add(sum, interval, |time| time.saturating_sub(start));
    }

    /// The intervals of the whole, which begins at `first`: each second has one, also if nothing happened in it.
    pub(super) fn finish(self, first: WallQuarter) -> Vec<ProcessInterval> {
        let mut seconds: BTreeMap<u64, ProcessInterval> = BTreeMap::new();
        for (at, interval) in self.by_start {
            let second = at.seconds_after(first);
            let start = Duration::from_secs(second);
            add(seconds.entry(second).or_default(), &interval, |time| {
                start + time
            });
        }
        let mut intervals: Vec<ProcessInterval> = Vec::new();
        for (second, mut interval) in seconds {
            let start = Duration::from_secs(second);
            fill(&mut intervals, start);
            interval.start = start;
            intervals.push(interval);
        }
        for (index, interval) in intervals.iter_mut().enumerate() {
            interval.seq = index as u64 + 1;
        }
        intervals
    }
}

/// Adds empty seconds until `start`.
fn fill(intervals: &mut Vec<ProcessInterval>, start: Duration) {
    let end = |one: &ProcessInterval| one.start + one.length;
    let mut at = intervals.last().map_or(Duration::ZERO, end);
    while at + SECOND <= start {
        intervals.push(ProcessInterval {
            start: at,
            length: SECOND,
            ..ProcessInterval::default()
        });
        at += SECOND;
    }
}

/// Adds an interval to another one; `shift` makes times of the first into those of the second.
fn add(
    sum: &mut ProcessInterval,
    interval: &ProcessInterval,
    shift: impl Fn(Duration) -> Duration,
) {
    let mut stats = interval.stats.clone();
    stats.responses = stats
        .responses
        .map(|(first, last)| (shift(first), shift(last)));
    sum.stats += &stats;
    sum.length = sum.length.max(interval.length);
    sum.in_window += interval.in_window;
    sum.due = add_known(sum.due, interval.due);
    sum.in_flight += interval.in_flight;
    sum.queued += interval.queued;
    sum.users = add_known(sum.users, interval.users);
}

/// The sum of the known numbers; `None` if none is known.
pub(super) fn add_known(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
