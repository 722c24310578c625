//! The figures that determine the bottleneck of a run.

use super::observed_run::ObservedRun;
use super::what_if::{bound_if, count_rejection, last_tries, plan_actual_delay};
use crate::bound::planned_work::PlannedWork;
use crate::bound::terms::BoundTerms;
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, Rejection};
use std::time::Duration;

/// The figures that determine the bottleneck.
pub(super) struct BottleneckAnalysis<'a> {
    pub(super) run: &'a ObservedRun<'a>,
    pub(super) terms: Option<BoundTerms>,
    /// The lower bound; 0 if unknown.
    pub(super) bound: Duration,
    /// The client's CPU time divided by its cores; 0 if unknown.
    pub(super) cpu_per_core: Duration,
    /// The bound if every actual delay had been planned.
    pub(super) bound_with_actual_delays: Duration,
    /// The bound if the attempts that a limit rejected, and the backoff after them, had been planned.
    pub(super) bound_with_rejections: Duration,
    /// The bound without failed attempts and backoff.
    pub(super) bound_without_retries: Duration,
    /// The median time of a download with its retries.
    pub(super) median_download_time: Duration,
    /// How long all attempts waited beyond their planned delays.
    pub(super) lateness: Duration,
    /// The service time of all attempts.
    pub(super) service_time: Duration,
}

impl<'a> BottleneckAnalysis<'a> {
    pub(super) fn new(run: &'a ObservedRun<'a>) -> BottleneckAnalysis<'a> {
        let terms = |records: &[AttemptRecord]| {
            BoundTerms::for_attempts(records, run.concurrency, run.timeout, run.limits)
        };
        let total = |terms: Option<BoundTerms>| terms.map_or(Duration::ZERO, |terms| terms.total());
        let cores = u32::try_from(run.cores.max(1)).unwrap_or(u32::MAX);
        let all = terms(run.records);
        BottleneckAnalysis {
            run,
            terms: all,
            bound: total(all),
            cpu_per_core: run.cpu.unwrap_or_default() / cores,
            bound_with_actual_delays: bound_if(run, plan_actual_delay),
            bound_with_rejections: bound_if(run, count_rejection),
            bound_without_retries: total(terms(&last_tries(run.records))),
            median_download_time: median_download_time(run.records, run.timeout),
            lateness: run.records.iter().map(lateness).sum(),
            service_time: run.records.iter().map(AttemptRecord::service_time).sum(),
        }
    }

    pub(super) fn is_hedged(&self) -> bool {
        let is_hedge = |record: &&AttemptRecord| {
            record.kind == AttemptKind::Hedge || record.outcome == Outcome::HedgeLost
        };
        self.count(is_hedge) > 0
    }

    /// Whether the server reports its delays in `Server-Timing`.
    pub(super) fn has_timing(&self) -> bool {
        self.count(|record| record.timing.is_some()) > 0
    }

    /// The number of attempts without a head whose planned delay is unknown.
    pub(super) fn unknown_delays(&self) -> usize {
        self.count(|record| record.status.is_none() && record.timing.is_none())
    }

    pub(super) fn timed_out_in_queue(&self) -> usize {
        self.count(|record| record.timed_out_in_queue())
    }

    pub(super) fn retries(&self) -> usize {
        self.count(|record| record.kind == AttemptKind::Retry)
    }

    /// The number of attempts that this limit of the server rejected.
    pub(super) fn rejections(&self, limit: Rejection) -> usize {
        self.count(|record| record.rejected_by(limit))
    }

    fn count(&self, matches: impl Fn(&&AttemptRecord) -> bool) -> usize {
        self.run.records.iter().filter(matches).count()
    }

    /// The time of the longest chain of requests, which is the longest download with its retries and metadata.
    pub(super) fn critical_path(&self) -> Duration {
        self.terms
            .map_or(Duration::ZERO, |terms| terms.critical_path)
    }

    /// The lowest concurrency with the lowest bound: a higher concurrency cannot make the run faster.
    pub(super) fn max_useful_concurrency(&self) -> usize {
        self.terms.map_or(1, |terms| terms.max_useful_concurrency)
    }

    /// The bound at the maximum useful concurrency.
    pub(super) fn lowest_bound(&self) -> Duration {
        let ObservedRun {
            records,
            timeout,
            limits,
            ..
        } = *self.run;
        let concurrency = self
            .terms
            .map_or(self.run.concurrency, |terms| terms.max_useful_concurrency);
        let terms = BoundTerms::for_attempts(records, concurrency, timeout, limits);
        terms.map_or(Duration::ZERO, |terms| terms.total())
    }
}

/// How long the attempt waited beyond its planned delay; an attempt that timed out in the queue did nothing but wait.
fn lateness(record: &AttemptRecord) -> Duration {
    match &record.timing {
        _ if record.timed_out_in_queue() => record.service_time(),
        Some(timing) => timing.actual.saturating_sub(timing.planned),
        None => Duration::ZERO,
    }
}

/// The median time of a download with its retries; 0 if unknown.
fn median_download_time(records: &[AttemptRecord], timeout: Option<Duration>) -> Duration {
    let work = PlannedWork::from_records(records, timeout).unwrap_or_default();
    lower_median(work.chains, Ord::cmp).unwrap_or_default()
}
