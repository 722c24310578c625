//! The requests that a run leaves unfinished when it ends.

use super::attempt_scheduler::AttemptScheduler;
use crate::SourceAction;
use flagpole_protocol::Resource;
use std::time::Duration;

/// A request that was due before the end of the run and has not ended, of which no attempt is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnfinishedRequest {
    /// Its position in the workload, from 0.
    pub(crate) index: usize,
    pub(crate) resource: Resource,
    /// When its first attempt was due.
    pub(crate) due: Duration,
    /// The attempts that were made: 0 if the request waited for a connection all the time.
    pub(crate) attempts: u32,
}

impl AttemptScheduler {
    /// Removes the requests that wait for a retry or for a connection, when no attempt is started any more, and calls `each`
    /// with each of them. Those with attempts in flight end with these.
    pub(crate) fn drain_unfinished(
        &mut self,
        now: Duration,
        mut each: impl FnMut(UnfinishedRequest),
    ) {
        self.retries.clear();
        self.immediate.clear();
        let targets = &self.targets;
        self.downloads.retain(|_, download| {
            let is_waiting = download.in_flight.is_empty();
            if is_waiting {
                each(UnfinishedRequest {
                    index: download.index,
                    resource: targets[download.target].resource,
                    due: download.due,
                    attempts: download.attempts,
                });
            }
            !is_waiting
        });
        let time = self.source_clock.end_time(now);
        self.source.stop(time);
        while let SourceAction::Start(request) = self.source.next(time) {
            each(UnfinishedRequest {
                index: usize::try_from(request.number)
                    .expect("a position in the workload fits memory"),
                resource: targets[request.target].resource,
                due: request
                    .due
                    .map_or(now, |due| self.source_clock.run_time(due)),
                attempts: 0,
            });
        }
    }
}
