//! The requests that a program made for one file of the workload, and why it made each, as far as the server can tell.

use super::outcome::outcome;
use super::served_request::ServedRequest;
use flagpole_protocol::{AttemptKind, Outcome, OutcomeClass, Resource};
use std::time::Duration;

/// The query parameter of the target of a redirect fault.
const HOPS: &str = "flagpole-hops=";

/// A file of the workload.
#[derive(Debug)]
pub(super) struct ProgramDownload<'a> {
    pub(super) resource: Resource,
    pub(super) attempts: Vec<ProgramAttempt<'a>>,
}

/// A request for the file.
#[derive(Debug)]
pub(super) struct ProgramAttempt<'a> {
    pub(super) request: &'a ServedRequest,
    pub(super) kind: AttemptKind,
    pub(super) outcome: Outcome,
    /// The status that the program saw.
    pub(super) status: Option<u16>,
    /// When it was over.
    pub(super) done: Duration,
    /// When it may have been over for the program, a little earlier.
    least_done: Duration,
}

impl<'a> ProgramDownload<'a> {
    pub(super) fn new(resource: Resource) -> ProgramDownload<'a> {
        ProgramDownload {
            resource,
            attempts: Vec::new(),
        }
    }

    /// Adds a request. `run_end`: when the run ended, since the Unix epoch.
    pub(super) fn add(&mut self, request: &'a ServedRequest, kind: AttemptKind, run_end: Duration) {
        if kind == AttemptKind::Redirect
            && let Some(last) = self.attempts.last_mut()
            && let Some(status) = last.status
        {
            last.outcome = Outcome::Redirected(status);
        }
        let (outcome, status) = outcome(request, run_end);
        self.attempts.push(ProgramAttempt {
            request,
            kind,
            outcome,
            status,
            done: request.end_at(run_end),
            least_done: request.least_end_at(run_end),
        });
    }

    /// Whether the request follows the redirect that the last attempt got.
    pub(super) fn is_redirected_to(&self, request: &ServedRequest) -> bool {
        let is_hop = request
            .query
            .as_ref()
            .is_some_and(|query| query.contains(HOPS));
        let is_redirect = |last: &ProgramAttempt<'_>| {
            let fault = last.request.fault.as_deref().unwrap_or_default();
            fault.starts_with("redirect") && last.least_done <= request.at
        };
        is_hop && self.attempts.last().is_some_and(is_redirect)
    }

    /// Why another request for the file is made at this time.
    pub(super) fn kind_of_repetition(&self, at: Duration) -> AttemptKind {
        let mut over = self.attempts.iter().filter(|one| one.least_done <= at);
        if over.any(ProgramAttempt::is_delivered) {
            AttemptKind::Duplicate
        } else if self.attempts.iter().all(|one| one.least_done <= at) {
            AttemptKind::Retry
        } else {
            AttemptKind::Hedge
        }
    }

    /// The index of the attempt that ends the download: the first that delivered the file, otherwise the last.
    pub(super) fn final_attempt(&self) -> Option<usize> {
        let attempts = || self.attempts.iter().enumerate();
        let delivered = attempts().filter(|(_, one)| one.is_delivered());
        let first = delivered.min_by_key(|(_, one)| one.done);
        let last = || attempts().max_by_key(|(_, one)| one.done);
        first.or_else(last).map(|(index, _)| index)
    }
}

impl ProgramAttempt<'_> {
    /// Whether the program got its answer: the file, or that there is none.
    fn is_delivered(&self) -> bool {
        matches!(
            self.outcome.class(),
            OutcomeClass::Ok | OutcomeClass::NotFound
        )
    }
}
