//! The figures that determine the bottleneck of a run, some of the run as it might have been: with the actual delays,
//! with rejections, without retries.

use crate::bound::terms::with_each;
use crate::bound::{Bound, BoundTerms, PlannedWork, ServerLimits};
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, Rejection};
use std::collections::BTreeMap;
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
    /// The CPU time of the client's process, user and system, if known.
    pub cpu: Option<Duration>,
    /// The number of cores that the strategy can use: 1 for a single thread.
    pub cores: usize,
}

/// The figures that determine the bottleneck. Lower bounds and the CPU time are 0 if they are unknown.
pub(super) struct RunFigures<'a> {
    pub(super) run: &'a ObservedRun<'a>,
    pub(super) terms: Option<BoundTerms>,
    /// The lower bound.
    pub(super) bound: Duration,
    /// The client's CPU time divided by its cores.
    pub(super) cpu_per_core: Duration,
    /// The bound if every actual delay had been planned.
    pub(super) bound_with_actual_delays: Duration,
    /// The bound if the attempts that a limit rejected, and the backoff after them, had been planned.
    pub(super) bound_with_rejections: Duration,
    /// The bound without failed attempts and backoff.
    pub(super) bound_without_retries: Duration,
    /// The time of the longest chain of requests, which is the longest download with its retries and metadata.
    pub(super) longest_download: Duration,
    /// The median time of a download with its retries.
    pub(super) median_download: Duration,
}

impl<'a> RunFigures<'a> {
    pub(super) fn new(run: &'a ObservedRun<'a>) -> RunFigures<'a> {
        let terms = |records: &[AttemptRecord]| {
            BoundTerms::for_attempts(records, run.concurrency, run.timeout, run.limits)
        };
        let total = |terms: Option<BoundTerms>| terms.map_or(Duration::ZERO, |terms| terms.total());
        // Without the server's limits, and after this change to each attempt.
        let bound_if = |change: fn(&mut AttemptRecord)| {
            let work = PlannedWork::from_records(&with_each(run.records, change), run.timeout);
            let bound = work.map(|work| Bound::new(&work, run.concurrency).total());
            bound.unwrap_or_default()
        };
        let work = PlannedWork::from_records(run.records, run.timeout).unwrap_or_default();
        let cores = u32::try_from(run.cores.max(1)).unwrap_or(u32::MAX);
        let all = terms(run.records);
        RunFigures {
            run,
            terms: all,
            bound: total(all),
            cpu_per_core: run.cpu.unwrap_or_default() / cores,
            bound_with_actual_delays: bound_if(plan_actual_delay),
            bound_with_rejections: bound_if(count_rejection),
            bound_without_retries: total(terms(&last_tries(run.records))),
            longest_download: Duration::from_micros(all.map_or(0, |terms| terms.critical_path_us)),
            median_download: lower_median(work.chains, Ord::cmp).unwrap_or_default(),
        }
    }

    /// Whether attempts spent at least half of their time waiting beyond their planned delays.
    pub(super) fn mostly_waited(&self) -> bool {
        let lateness: Duration = self.run.records.iter().map(lateness).sum();
        let service_time: Duration = self
            .run
            .records
            .iter()
            .map(AttemptRecord::service_time)
            .sum();
        !lateness.is_zero() && lateness.saturating_mul(2) >= service_time
    }

    pub(super) fn is_hedged(&self) -> bool {
        self.count(|one| one.kind == AttemptKind::Hedge || one.outcome == Outcome::HedgeLost) > 0
    }

    pub(super) fn timed_out_in_queue(&self) -> usize {
        self.count(AttemptRecord::timed_out_in_queue)
    }

    /// The number of attempts that this limit of the server rejected.
    pub(super) fn rejections(&self, limit: Rejection) -> usize {
        self.count(|record| record.rejected_by(limit))
    }

    pub(super) fn count(&self, matches: impl Fn(&AttemptRecord) -> bool) -> usize {
        self.run
            .records
            .iter()
            .filter(|record| matches(record))
            .count()
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

/// Makes a rejected attempt count as if the rejection had been planned.
fn count_rejection(record: &mut AttemptRecord) {
    if record.timed_out_in_queue() {
        record.timing = None;
    } else if record.was_rejected()
        && let Some(timing) = &mut record.timing
    {
        timing.fault = None;
    }
}

/// Makes the actual delay the planned one.
fn plan_actual_delay(record: &mut AttemptRecord) {
    if let Some(timing) = &mut record.timing {
        timing.planned = timing.planned.max(timing.actual);
    }
}

/// The attempts from the last retry for each resource of a download on, without the backoff before them.
fn last_tries(records: &[AttemptRecord]) -> Vec<AttemptRecord> {
    let mut last_retry = BTreeMap::new();
    for record in records
        .iter()
        .filter(|record| record.kind == AttemptKind::Retry)
    {
        let attempt = last_retry
            .entry((record.download, record.resource))
            .or_default();
        *attempt = record.attempt.max(*attempt);
    }
    let is_last = |record: &&AttemptRecord| {
        let last = last_retry.get(&(record.download, record.resource));
        last.is_none_or(|&last| record.attempt >= last)
    };
    let last: Vec<AttemptRecord> = records.iter().filter(is_last).cloned().collect();
    with_each(&last, |record| record.backoff = Duration::ZERO)
}
