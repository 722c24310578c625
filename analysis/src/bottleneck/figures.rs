//! The figures that determine the bottleneck of a run, some of the run as it might have been: with the delays that it
//! met, with rejections, without retries, without timeouts.

use super::waits::{
    count_rejection, last_tries, lateness, plan_wait, queued, remove_timeout,
    timed_out_on_reused_connection, unreported_delay,
};
use crate::bound::connection_pauses::has_pauses;
use crate::bound::terms::with_each;
use crate::bound::{BoundTerms, PlannedWork, ServerLimits};
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, Rejection};
use std::time::Duration;

/// What was observed of a run.
#[derive(Clone, Copy, Debug)]
pub struct ObservedRun<'a> {
    /// The records of all its attempts.
    pub records: &'a [AttemptRecord],
    /// Its concurrency, from 1.
    pub concurrency: usize,
    /// Its wall time.
    pub wall: Duration,
    /// The time limit of an attempt.
    pub timeout: Option<Duration>,
    /// The limits of the server.
    pub limits: ServerLimits,
    /// Whether the server is not flagpole's own, so that its limits are unknown and a network may be between.
    pub is_external: bool,
    /// The CPU time of the client's process, user and system, if known.
    pub cpu: Option<Duration>,
    /// The number of cores that the strategy can use: 1 for a single thread.
    pub cores: usize,
    /// The largest number of threads of the client's process at a time.
    pub threads: usize,
    /// The concurrency that a program was asked for, of which it may have reached less.
    pub asked_concurrency: Option<usize>,
    /// What a program requested besides; `None` for a strategy.
    pub unasked: Option<UnaskedRequests>,
}

/// Requests of a program that the workload does not ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnaskedRequests {
    /// Their number.
    pub count: u64,
    /// Their time in flight, of all together.
    pub time: Duration,
}

/// The figures that determine the bottleneck. Lower bounds and the CPU time are 0 if they are unknown.
pub(super) struct RunFigures<'a> {
    pub(super) run: &'a ObservedRun<'a>,
    pub(super) terms: Option<BoundTerms>,
    /// The lower bound.
    pub(super) bound: Duration,
    /// The client's CPU time divided by its cores.
    pub(super) cpu_per_core: Duration,
    /// The bound if the server had planned its lateness.
    pub(super) bound_with_lateness: Duration,
    /// The bound if the waits for a permit of the server's concurrency limit had been planned.
    pub(super) bound_with_queue: Duration,
    /// The bound if the server had planned its lateness and the delays that it does not report.
    pub(super) bound_with_unreported: Duration,
    /// The bound if the attempts that a limit rejected, and the backoff after them, had been planned.
    pub(super) bound_with_rejections: Duration,
    /// The bound without failed attempts, backoff and pauses after responses.
    pub(super) bound_without_retries: Duration,
    /// The bound without the attempts that timed out and without pauses after responses.
    pub(super) bound_without_timeouts: Duration,
    /// The time of the longest chain of requests, which is the longest download with its retries and metadata.
    pub(super) longest_download: Duration,
    /// The time of the longest chain of requests without failed attempts and backoff.
    pub(super) longest_without_retries: Duration,
    /// The median time of a download with its retries.
    pub(super) median_download: Duration,
}

impl<'a> RunFigures<'a> {
    pub(super) fn new(run: &'a ObservedRun<'a>) -> RunFigures<'a> {
        let terms = |records: &[AttemptRecord], limits: ServerLimits| {
            BoundTerms::for_attempts(records, run.concurrency, run.timeout, limits)
        };
        let total = |terms: Option<BoundTerms>| terms.map_or(Duration::ZERO, |terms| terms.total());
        // Without the server's limits, because a request waits without a permit.
        let bound_with = |change: &dyn Fn(&mut AttemptRecord)| {
            let records = with_each(run.records, change);
            total(terms(&records, ServerLimits::default()))
        };
        let bound_without = |records: &[AttemptRecord]| {
            let terms = terms(records, run.limits);
            terms.map_or(Duration::ZERO, |terms| terms.total_without_pauses())
        };
        let work = PlannedWork::from_records(run.records, run.timeout).unwrap_or_default();
        let cores = u32::try_from(run.cores.max(1)).unwrap_or(u32::MAX);
        let all = terms(run.records, run.limits);
        let last_tries = last_tries(run.records);
        let longest = |terms: Option<BoundTerms>| {
            Duration::from_micros(terms.map_or(0, |terms| terms.critical_path_us))
        };
        RunFigures {
            run,
            terms: all,
            bound: total(all),
            cpu_per_core: run.cpu.unwrap_or_default() / cores,
            bound_with_lateness: bound_with(&|record| plan_wait(record, lateness)),
            bound_with_queue: bound_with(&|record| plan_wait(record, queued)),
            bound_with_unreported: bound_with(&|record| {
                plan_wait(record, |record| lateness(record) + unreported_delay(record));
            }),
            bound_with_rejections: bound_with(&count_rejection),
            bound_without_retries: bound_without(&last_tries),
            bound_without_timeouts: bound_without(&with_each(run.records, remove_timeout)),
            longest_download: longest(all),
            longest_without_retries: longest(terms(&last_tries, run.limits)),
            median_download: lower_median(work.chains, Ord::cmp).unwrap_or_default(),
        }
    }

    /// Whether the attempts spent at least half of their service time on this wait.
    pub(super) fn mostly(&self, wait: impl Fn(&AttemptRecord) -> Duration) -> bool {
        let waited = self.sum(wait);
        !waited.is_zero() && waited.saturating_mul(2) >= self.sum(AttemptRecord::service_time)
    }

    pub(super) fn sum(&self, time: impl Fn(&AttemptRecord) -> Duration) -> Duration {
        let times = self.run.records.iter().map(time);
        times.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The median of the times above zero.
    pub(super) fn median(&self, time: impl Fn(&AttemptRecord) -> Duration) -> Duration {
        let times = self.run.records.iter().map(time);
        let times: Vec<_> = times.filter(|time| !time.is_zero()).collect();
        lower_median(times, Ord::cmp).unwrap_or_default()
    }

    pub(super) fn is_hedged(&self) -> bool {
        self.count(|one| one.kind == AttemptKind::Hedge || one.outcome == Outcome::HedgeLost) > 0
    }

    pub(super) fn timed_out(&self) -> usize {
        self.count(|record| matches!(record.outcome, Outcome::Timeout(..)))
    }

    pub(super) fn timed_out_in_queue(&self) -> usize {
        self.count(AttemptRecord::timed_out_in_queue)
    }

    /// The number of attempts that timed out while their connection paused after an earlier response.
    pub(super) fn timed_out_in_pause(&self) -> usize {
        if has_pauses(self.run.records) {
            self.count(timed_out_on_reused_connection)
        } else {
            0
        }
    }

    /// The number of attempts that this limit of the server rejected.
    pub(super) fn rejections(&self, limit: Rejection) -> usize {
        self.count(|record| record.rejected_by(limit))
    }

    pub(super) fn count(&self, matches: impl Fn(&AttemptRecord) -> bool) -> usize {
        let records = self.run.records.iter();
        records.filter(|record| matches(record)).count()
    }
}
