//! What a line means after the lines before it.

use super::event::{ForeignHistogram, LogEvent, LoggedInterval};
use super::histogram_line::HistogramLine;
use super::pending_lines::{LineError, PendingLines, visible_tag};
use super::time_base::TimeBase;
use crate::interval_log::comment::{self, EndComment, IntervalComment};
use crate::interval_log::stats_record::{StatsRecord, summary_lines};
use crate::interval_log::tags;
use flagpole_analysis::load::process::{ProcessEnd, ProcessHead, ProcessInterval};
use flagpole_protocol::{LatencyStats, LoadStats};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// More intervals than a process writes: a run takes at most two days, with an interval a second.
const MAX_INTERVALS: u64 = 10_000_000;

/// The line with names of columns begins so.
const LEGEND: &str = "\"StartTimestamp\"";

/// What the lines so far have said that later ones depend on.
#[derive(Default)]
pub(super) struct State {
    /// The number of the current line.
    number: u64,
    pub(super) pending: PendingLines,
    /// The processes whose heads have come.
    processes: BTreeSet<String>,
    times: TimeBase,
}

impl State {
    /// What the line of this number says, if anything yet.
    pub(super) fn line(&mut self, number: u64, line: &str) -> Result<Option<LogEvent>, LineError> {
        self.number = number;
        if let Some((kind, json)) = comment::parse(line) {
            return match kind {
                comment::PROCESS => self.process(json).map(Some),
                comment::INTERVAL => self.interval(json).map(Some),
                comment::END => self.end(json).map(Some),
                // Of a later version, which says more.
                _ => Ok(None),
            };
        }
        if comment::is_own(line) {
            return Err(
                self.error("expected a comment that ends with `]`, got one that is cut off")
            );
        }
        if line.starts_with('#') {
            self.times.comment(line);
        }
        if line.starts_with('#') || line.starts_with(LEGEND) || line.trim().is_empty() {
            return Ok(None);
        }
        let parsed = HistogramLine::parse(line).map_err(|message| (number, message))?;
        if self.processes.is_empty() {
            return self.foreign(&parsed).map(Some);
        }
        let pushed = self.pending.push(number, &parsed);
        pushed.map_err(|message| (number, message))?;
        Ok(None)
    }

    /// The head of a process. Lines before it are of an interval that was never finished.
    fn process(&mut self, json: &str) -> Result<LogEvent, LineError> {
        let head: ProcessHead = self.parse(json)?;
        if head.process.is_empty() {
            return Err(self.error("expected the head of a process, got one without its name"));
        }
        self.pending.clear();
        self.processes.insert(head.process.clone());
        Ok(LogEvent::Process(Box::new(head)))
    }

    fn interval(&mut self, json: &str) -> Result<LogEvent, LineError> {
        let comment: IntervalComment<'_> = self.parse(json)?;
        let process = self.known(comment.process.into_owned())?;
        let seq = comment.interval.seq;
        if !(1..=MAX_INTERVALS).contains(&seq) {
            return Err(self.error(&format!(
                "expected the number of an interval, `seq`, from 1 to {MAX_INTERVALS}, got {seq}"
            )));
        }
        let mut times = self.take(&comment.stats)?;
        let stats = comment.stats.rebuild("", &mut times);
        self.check_sums(&stats, &mut times)?;
        let endpoints = times.into_iter().filter_map(|(tag, times)| {
            // Other tags are of a later version.
            Some((tags::endpoint_of(&tag)?, times))
        });
        Ok(LogEvent::Interval(Box::new(LoggedInterval {
            process,
            interval: ProcessInterval {
                stats,
                endpoints: endpoints.collect(),
                ..comment.interval.into_owned()
            },
        })))
    }

    fn end(&mut self, json: &str) -> Result<LogEvent, LineError> {
        let comment: EndComment<'_> = self.parse(json)?;
        let process = self.known(comment.process.into_owned())?;
        let count = comment.end.intervals;
        if count > MAX_INTERVALS {
            return Err(self.error(&format!(
                "expected at most {MAX_INTERVALS} intervals of a process, got {count}"
            )));
        }
        let mut times = self.take(&comment.warm_up)?;
        let warm_up = comment.warm_up.rebuild(tags::WARM_UP, &mut times);
        let end = ProcessEnd {
            warm_up,
            ..comment.end.into_owned()
        };
        Ok(LogEvent::End {
            process,
            end: Box::new(end),
        })
    }

    fn foreign(&self, line: &HistogramLine<'_>) -> Result<LogEvent, LineError> {
        let times = line.decode_foreign();
        Ok(LogEvent::Foreign(ForeignHistogram {
            tag: line.tag.to_owned(),
            start: self.times.since_epoch(line.start),
            length: line.length,
            times: times.map_err(|message| (self.number, message))?,
        }))
    }

    /// The histograms of the block that ends here: all that it counts, and no other ones.
    fn take(&mut self, record: &StatsRecord) -> Result<BTreeMap<String, LatencyStats>, LineError> {
        let times = self.pending.take(record)?;
        let missing = record.times.keys().find(|tag| !times.contains_key(*tag));
        match missing {
            Some(tag) => Err(self.error(&format!(
                "the interval counts a histogram {}, which has no line before it",
                visible_tag(tag)
            ))),
            None => Ok(times),
        }
    }

    /// Checks and removes the histograms that are sums of others.
    fn check_sums(
        &self,
        stats: &LoadStats,
        times: &mut BTreeMap<String, LatencyStats>,
    ) -> Result<(), LineError> {
        for (tag, sum) in summary_lines(stats) {
            if times.remove(&tag).as_ref() != Some(&sum) {
                let tag = visible_tag(&tag);
                return Err(self.error(&format!(
                    "the histogram {tag} is not the sum of those of the outcomes of its interval"
                )));
            }
        }
        Ok(())
    }

    fn known(&self, process: String) -> Result<String, LineError> {
        if self.processes.contains(&process) {
            return Ok(process);
        }
        Err(self.error(&format!(
            "expected the head of process `{process}` (`#[flagpole process`) before its intervals"
        )))
    }

    fn parse<'a, T: Deserialize<'a>>(&self, json: &'a str) -> Result<T, LineError> {
        serde_json::from_str(json)
            .map_err(|error| self.error(&format!("expected a comment of flagpole, got: {error}")))
    }

    fn error(&self, message: &str) -> LineError {
        (self.number, message.to_owned())
    }
}
