//! Makes the blocks of a run's log, one for each second.

use super::class_runs::ClassRuns;
use super::endpoints::{Reports, add};
use crate::interval_log::{EndpointTimes, LogBlocks};
use crate::load::collector::IntervalStats;
use crate::load::seconds::{SECOND, Seconds};
use flagpole_analysis::load::process::{ProcessEnd, ProcessInterval};
use std::sync::Arc;
use std::time::Duration;

/// The blocks of a run, one after the other.
pub(super) struct Intervals {
    run: Arc<ClassRuns>,
    seconds: Seconds,
    blocks: LogBlocks,
    /// The number of the latest block, from 1.
    sequence: u64,
    /// The requests in the blocks, and the arrivals that were due.
    requests: u64,
    due: u64,
}

impl Intervals {
    pub(super) fn new(run: Arc<ClassRuns>, blocks: LogBlocks) -> Intervals {
        Intervals {
            seconds: Seconds::new(run.collector.clone(), Duration::ZERO),
            run,
            blocks,
            sequence: 0,
            requests: 0,
            due: 0,
        }
    }

    /// The time until the next second is complete.
    pub(super) fn until_next(&self) -> Duration {
        self.seconds.until_next(self.run.elapsed())
    }

    /// The blocks of the seconds that are complete, and the reports of what they have.
    pub(super) fn complete(&mut self) -> (Reports, String) {
        let seconds = self.seconds.take_complete(self.run.elapsed());
        self.blocks_of(seconds)
    }

    /// The blocks of all that is left when all classes have ended.
    pub(super) fn rest(&mut self) -> (Reports, String) {
        let end = self.run.elapsed();
        let seconds = self.seconds.take_before(end.as_secs());
        let (mut all, mut text) = self.blocks_of(seconds);
        let length = Duration::from_nanos(end.subsec_nanos().into());
        let (stats, endpoints) = (self.seconds.take_rest(), self.run.endpoints.take());
        text += &self.block(stats, length, &endpoints);
        for (name, report) in endpoints {
            add(&mut all, &name, report);
        }
        (all, text)
    }

    /// The text of the end of the run.
    pub(super) fn end(&mut self, end: ProcessEnd) -> String {
        let intervals = self.sequence;
        self.blocks
            .end(&ProcessEnd { intervals, ..end }, Duration::ZERO)
    }

    /// The endpoints have what was recorded since the last call: it is in the block of the latest second.
    fn blocks_of(&mut self, seconds: Vec<IntervalStats>) -> (Reports, String) {
        let (mut endpoints, mut text) = (Reports::new(), String::new());
        let count = seconds.len();
        for (index, stats) in seconds.into_iter().enumerate() {
            if index + 1 == count {
                endpoints = self.run.endpoints.take();
            }
            text += &self.block(stats, SECOND, &endpoints);
        }
        (endpoints, text)
    }

    fn block(&mut self, interval: IntervalStats, length: Duration, endpoints: &Reports) -> String {
        let IntervalStats { stats, in_window } = interval;
        let start = SECOND * u32::try_from(self.sequence).unwrap_or(u32::MAX);
        self.sequence += 1;
        self.requests += stats.requests();
        let end = start + length;
        let window_end = self.run.collector.window_end();
        let due = self
            .run
            .due_before(window_end.map_or(end, |last| last.min(end)));
        let in_flight = self.run.in_flight();
        let interval = ProcessInterval {
            seq: self.sequence,
            start,
            length,
            stats,
            in_window,
            due: due.map(|due| due - self.due),
            in_flight,
            queued: due.map_or(0, |due| due.saturating_sub(self.requests + in_flight)),
            users: Some(self.run.running_users()),
            ..ProcessInterval::default()
        };
        self.due = due.unwrap_or(0);
        let endpoints = endpoints
            .iter()
            .map(|((method, name), report)| EndpointTimes {
                method,
                name,
                response_time: &report.response_time,
            });
        self.blocks
            .interval(&interval, &endpoints.collect::<Vec<_>>())
    }
}
