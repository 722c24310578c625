//! What is known of a process while logs are added up.

use super::end::ProcessEnd;
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::merge_error::MergeError;
use super::merged_seconds::add_known;
use super::seq_set::SeqSet;
use super::wall_quarter::WallQuarter;
use crate::load::figures::WindowCounts;
use crate::load::process_figures::ProcessFigures;
use flagpole_protocol::{LatencyStats, LoadStats, as_micros};
use std::time::Duration;

/// A process: its head, what its intervals have added up to, and its end.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessState {
    pub(super) head: ProcessHead,
    pub(super) end: Option<ProcessEnd>,
    seen: SeqSet,
    repeated: u64,
    /// When the last interval ended.
    last: Duration,
    stats: LoadStats,
    in_window: WindowCounts,
    due: Option<u64>,
}

impl ProcessState {
    pub(super) fn new(head: ProcessHead) -> ProcessState {
        ProcessState {
            head,
            ..ProcessState::default()
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.head.process
    }

    pub(super) fn begin_again(&self, head: &ProcessHead) -> Result<(), MergeError> {
        let this = &self.head;
        let differing = [
            ("run", this.run != head.run),
            ("shard", this.shard != head.shard),
            ("start", this.started_unix_us != head.started_unix_us),
            ("load", this.asked != head.asked),
            ("targets", this.targets != head.targets),
            ("settings", this.settings != head.settings),
        ];
        match differing.iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((field, _)) => Err(MergeError::HeadsDiffer {
                process: self.name().to_owned(),
                field,
            }),
        }
    }

    /// Adds an interval; false if it was added before.
    pub(super) fn add(&mut self, interval: &ProcessInterval) -> bool {
        if !self.seen.insert(interval.seq) {
            self.repeated += 1;
            return false;
        }
        self.last = self.last.max(interval.start + interval.length);
        self.stats += &interval.stats;
        self.in_window += interval.in_window;
        self.due = add_known(self.due, interval.due);
        true
    }

    pub(super) fn end(&mut self, end: ProcessEnd) -> Result<(), MergeError> {
        if self.end.as_ref().is_some_and(|earlier| *earlier != end) {
            return Err(MergeError::EndsDiffer {
                process: self.name().to_owned(),
            });
        }
        self.end = Some(end);
        Ok(())
    }

    /// Where a time after the start of the process lies by the common clock.
    pub(super) fn place(&self, since_start: Duration) -> WallQuarter {
        let offset = self.head.clock_offset_us.unwrap_or(0);
        WallQuarter::new(self.head.started_unix_us, offset, since_start)
    }

    /// The time in which requests started by schedule; without an end, the time of the intervals.
    pub(super) fn window(&self) -> Duration {
        self.end.as_ref().map_or(self.last, |end| end.window)
    }

    /// The time until the last request ended; without an end, the time of the intervals.
    pub(super) fn elapsed(&self) -> Duration {
        self.end.as_ref().map_or(self.last, |end| end.elapsed)
    }

    /// How many intervals up to the last one are missing.
    fn missing_intervals(&self) -> u64 {
        let intervals = self.end.as_ref().map_or(0, |end| end.intervals);
        self.seen.last().max(intervals) - self.seen.len()
    }

    pub(super) fn figures(&self) -> ProcessFigures {
        let window = self.window();
        let per_second = |count: u64| match window.as_secs_f64() {
            seconds if seconds > 0.0 => count as f64 / seconds,
            _ => 0.0,
        };
        let loops = self.end.as_ref().map_or(&[][..], |end| &end.loops);
        let elapsed: u64 = loops.iter().map(|one| one.elapsed_us).sum();
        let cpu: u64 = loops.iter().map(|one| one.cpu_us).sum();
        let response_time = self.stats.response_time();
        let quantile = |times: &LatencyStats, at| times.quantile(at).map(as_micros);
        ProcessFigures {
            process: self.head.process.clone(),
            run: self.head.run.clone(),
            shard: self.head.shard,
            user_classes: self.head.user_classes.clone(),
            started_unix_us: self.head.started_unix_us,
            clock_offset_us: self.head.clock_offset_us,
            intervals: self.seen.len(),
            missing_intervals: self.missing_intervals(),
            repeated_intervals: self.repeated,
            has_end: self.end.is_some(),
            window_us: as_micros(window),
            requests: self.stats.requests(),
            failed: self.stats.failures(),
            unfinished: self.stats.unfinished(),
            asked_per_s: self.due.map(per_second),
            requests_per_s: per_second(self.in_window.ended),
            p50_us: quantile(&response_time, 0.5),
            p99_us: quantile(&response_time, 0.99),
            max_us: response_time.max().map(as_micros),
            lateness_p99_us: quantile(&self.stats.lateness, 0.99),
            cpu_share: (elapsed > 0 && cpu > 0).then(|| cpu as f64 / elapsed as f64),
            max_in_flight: loops.iter().map(|one| one.max_in_flight).sum(),
            reasons: Vec::new(),
        }
    }
}
