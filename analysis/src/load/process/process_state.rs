//! What is known of a process while logs are added up.

use super::compact_stats::CompactStats;
use super::end::ProcessEnd;
use super::experiment::Experiment;
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::merge_error::MergeError;
use super::merged_seconds::add_known;
use super::process_series::ProcessSeries;
use super::seq_set::SeqSet;
use super::wall_quarter::WallQuarter;
use crate::load::figures::WindowCounts;
use crate::load::process_figures::ProcessFigures;
use flagpole_protocol::LoadStats;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

/// A process: its head, what its intervals have added up to, and its end.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessState {
    /// Without what the experiment has.
    pub(super) head: ProcessHead,
    pub(super) experiment: Arc<Experiment>,
    /// Without the statistics of the warm-up.
    pub(super) end: Option<ProcessEnd>,
    pub(super) seen: SeqSet,
    pub(super) repeated: u64,
    /// When the last interval ended.
    pub(super) last: Duration,
    pub(super) in_window: WindowCounts,
    pub(super) due: Option<u64>,
    pub(super) user_seconds: Option<f64>,
    pub(super) series: ProcessSeries,
    /// What was measured; empty when no further interval can come, and the figures are there.
    pub(super) stats: CompactStats,
    pub(super) warm_up: CompactStats,
    figures: Option<ProcessFigures>,
}

impl ProcessState {
    pub(super) fn new(head: ProcessHead, experiment: Arc<Experiment>) -> ProcessState {
        ProcessState {
            head,
            experiment,
            ..ProcessState::default()
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.head.process
    }

    /// Whether it makes a part of the load that it was asked for: a shard, or the merge of shards.
    pub(super) fn is_part(&self) -> bool {
        let inner = self.end.as_ref().map_or(&[][..], |end| &end.processes);
        self.head.shard.is_some() || inner.iter().any(|one| one.shard.is_some())
    }

    pub(super) fn begin_again(
        &self,
        head: &ProcessHead,
        experiment: &Experiment,
    ) -> Result<(), MergeError> {
        let this = &self.head;
        if let (Some(one), Some(other)) = (&self.experiment.run, &experiment.run)
            && one != other
        {
            return Err(MergeError::SeveralRuns {
                process: self.name().to_owned(),
                runs: [one.clone(), other.clone()],
            });
        }
        let differing = [
            ("shard", this.shard != head.shard),
            ("start", this.started_unix_us != head.started_unix_us),
            ("load, targets or settings", *self.experiment != *experiment),
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
        self.in_window += interval.in_window;
        self.due = add_known(self.due, interval.due);
        if let Some(users) = interval.users {
            let seconds = users as f64 * interval.length.as_secs_f64();
            self.user_seconds = Some(self.user_seconds.unwrap_or(0.0) + seconds);
        }
        let stats = &interval.stats;
        let ended = stats.successes() + stats.failures();
        self.series.add(interval.start, ended);
        self.stats.add(stats);
        true
    }

    /// Ends the process, and gives what it did in its warm-up; `None` if it had ended before.
    pub(super) fn end(&mut self, mut end: ProcessEnd) -> Result<Option<LoadStats>, MergeError> {
        let warm_up = mem::take(&mut end.warm_up);
        if let Some(earlier) = &self.end {
            return if *earlier == end {
                Ok(None)
            } else {
                Err(MergeError::EndsDiffer {
                    process: self.name().to_owned(),
                })
            };
        }
        self.warm_up.add(&warm_up);
        self.end = Some(end);
        if self.missing_intervals() == 0 {
            self.figures = Some(self.new_figures());
            self.stats = CompactStats::default();
            self.warm_up = CompactStats::default();
        }
        Ok(Some(warm_up))
    }

    /// Where a time after the start of the process lies by the common clock.
    pub(super) fn place(&self, since_start: Duration) -> WallQuarter {
        let offset = self.head.clock_offset_us.unwrap_or(0);
        WallQuarter::new(self.head.started_unix_us, offset, since_start)
    }

    /// How many whole seconds after the first start of all the process began.
    pub(super) fn starts_at_s(&self, first: WallQuarter) -> u64 {
        self.place(Duration::ZERO).seconds_after(first)
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
    pub(super) fn missing_intervals(&self) -> u64 {
        let intervals = self.end.as_ref().map_or(0, |end| end.intervals);
        self.seen
            .last()
            .max(intervals)
            .saturating_sub(self.seen.len())
    }

    /// The figures in a whole that begins at `first`: of the process, or of those that were added up to it before.
    pub(super) fn figures(&self, first: WallQuarter) -> Vec<ProcessFigures> {
        let starts_at_s = self.starts_at_s(first);
        let inner = self.end.as_ref().map_or(&[][..], |end| &end.processes);
        if inner.is_empty() {
            let figures = self.figures.clone();
            let mut figures = figures.unwrap_or_else(|| self.new_figures());
            figures.starts_at_s = starts_at_s;
            figures.repeated_intervals = self.repeated;
            return vec![figures];
        }
        let later = |process: &ProcessFigures| ProcessFigures {
            starts_at_s: process.starts_at_s + starts_at_s,
            ..process.clone()
        };
        inner.iter().map(later).collect()
    }
}
