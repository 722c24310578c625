//! The downloads of a workload, in order.

use super::DownloadSpec;
use super::source::{EndedRequest, RequestSource, SourceAction, SourceRequest};
use std::time::Duration;

/// The downloads of a workload, each its own target.
#[derive(Debug, Default)]
pub(crate) struct ListSource {
    /// When each download is due.
    due: Box<[Option<Duration>]>,
    /// Index of the first download that has not started.
    next: usize,
}

impl ListSource {
    pub(crate) fn new(downloads: &[DownloadSpec]) -> ListSource {
        ListSource {
            due: downloads.iter().map(|download| download.due).collect(),
            next: 0,
        }
    }
}

impl RequestSource for ListSource {
    fn next(&mut self, now: Duration) -> SourceAction {
        let Some(due) = self.due.get(self.next).copied() else {
            return SourceAction::Finished;
        };
        if let Some(due) = due.filter(|due| *due > now) {
            return SourceAction::SleepUntil(due);
        }
        let target = self.next;
        self.next += 1;
        SourceAction::Start(SourceRequest {
            number: target as u64,
            target,
            due,
            ..SourceRequest::default()
        })
    }

    fn on_end(&mut self, _: &EndedRequest<'_>) {}

    fn stop(&mut self, _: Duration) {
        self.next = self.due.len();
    }

    fn is_independent(&self) -> bool {
        true
    }

    fn remaining(&self) -> Option<usize> {
        Some(self.due.len() - self.next)
    }
}
