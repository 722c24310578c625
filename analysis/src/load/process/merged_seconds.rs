//! The seconds of all processes together.

use super::compact_latencies::CompactLatencies;
use super::compact_stats::CompactStats;
use super::interval::ProcessInterval;
use super::wall_quarter::WallQuarter;
use flagpole_protocol::LoadStats;
use std::collections::BTreeMap;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The longest time without an interval that is filled with empty seconds. Processes that are further apart do not make a load
/// together, and may be years apart.
const MAX_FILLED: Duration = Duration::from_secs(60);

/// The intervals of all processes, added up where they begin at the same quarter of a second.
#[derive(Clone, Debug, Default)]
pub(super) struct MergedSeconds {
    by_start: BTreeMap<WallQuarter, CompactInterval>,
}

/// An interval with its statistics apart, in little memory.
#[derive(Clone, Debug, Default)]
pub(super) struct CompactInterval {
    /// Without statistics.
    interval: ProcessInterval,
    pub(super) stats: CompactStats,
    endpoints: BTreeMap<(String, String), CompactLatencies>,
    /// When the first and the last response ended, from the start of the interval.
    responses: Option<(Duration, Duration)>,
}

impl MergedSeconds {
    /// Adds an interval that begins at this time by the common clock.
    pub(super) fn add(&mut self, at: WallQuarter, interval: &ProcessInterval) {
        let sum = self.by_start.entry(at).or_default();
        sum.add(interval);
        sum.stats.add(&interval.stats);
        for (name, times) in &interval.endpoints {
            // A name is copied only once.
            match sum.endpoints.get_mut(name) {
                Some(known) => known.add(times),
                None => sum.endpoints.entry(name.clone()).or_default().add(times),
            }
        }
        let since_start = |time: Duration| time.saturating_sub(interval.start);
        let responses = interval.stats.responses;
        sum.add_responses(responses.map(|(first, last)| (since_start(first), since_start(last))));
    }

    /// The intervals of the whole, which begins at `first`: each second has one, also if nothing happened in it, but for long
    /// times in which no process ran.
    pub(super) fn finish(self, first: WallQuarter) -> Vec<CompactInterval> {
        let mut seconds: BTreeMap<u64, CompactInterval> = BTreeMap::new();
        for (at, interval) in self.by_start {
            let sum = seconds.entry(at.seconds_after(first)).or_default();
            sum.add(&interval.interval);
            sum.stats.merge(&interval.stats);
            for (name, times) in interval.endpoints {
                sum.endpoints.entry(name).or_default().merge(&times);
            }
            sum.add_responses(interval.responses);
        }
        let mut intervals: Vec<CompactInterval> = Vec::new();
        for (second, mut interval) in seconds {
            let start = Duration::from_secs(second);
            fill(&mut intervals, start);
            interval.interval.start = start;
            intervals.push(interval);
        }
        for (seq, interval) in (1..).zip(&mut intervals) {
            interval.interval.seq = seq;
        }
        intervals
    }
}

impl CompactInterval {
    /// The interval with its statistics.
    pub(super) fn to_interval(&self) -> ProcessInterval {
        let mut stats = self.stats.to_stats();
        let start = self.interval.start;
        stats.responses = self
            .responses
            .map(|(first, last)| (start + first, start + last));
        let endpoints = self.endpoints.iter();
        let endpoints = endpoints.map(|(name, times)| (name.clone(), times.to_stats()));
        ProcessInterval {
            stats,
            endpoints: endpoints.collect(),
            ..self.interval.clone()
        }
    }

    fn add(&mut self, other: &ProcessInterval) {
        let sum = &mut self.interval;
        sum.length = sum.length.max(other.length);
        sum.in_window += other.in_window;
        sum.due = add_known(sum.due, other.due);
        sum.in_flight += other.in_flight;
        sum.queued += other.queued;
        sum.users = add_known(sum.users, other.users);
    }

    fn add_responses(&mut self, responses: Option<(Duration, Duration)>) {
        if let Some((first, last)) = responses {
            let (earliest, latest) = self.responses.unwrap_or((first, last));
            self.responses = Some((earliest.min(first), latest.max(last)));
        }
    }
}

/// Adds empty seconds until `start`, unless it is far away.
fn fill(intervals: &mut Vec<CompactInterval>, start: Duration) {
    let end = |one: &CompactInterval| one.interval.start + one.interval.length;
    let mut at = intervals.last().map_or(Duration::ZERO, end);
    if start > at + MAX_FILLED {
        return;
    }
    while at + SECOND <= start {
        let mut empty = CompactInterval::default();
        (empty.interval.start, empty.interval.length) = (at, SECOND);
        intervals.push(empty);
        at += SECOND;
    }
}

/// The statistics of all intervals.
pub(super) fn total(intervals: &[CompactInterval]) -> LoadStats {
    let mut total = CompactStats::default();
    for interval in intervals {
        total.merge(&interval.stats);
    }
    total.to_stats()
}

/// The sum of the known numbers; `None` if none is known.
pub(super) fn add_known(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
