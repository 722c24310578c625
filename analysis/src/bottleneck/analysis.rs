//! The figures of a run, and which of them is its bottleneck.

use super::kind::BottleneckKind;
use super::run_evidence::RunEvidence;
use crate::bound::lower_bound::Bound;
use crate::bound::planned_work::PlannedWork;
use crate::bound::terms::{BoundTerms, with_each};
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, Rejection};
use std::collections::BTreeMap;
use std::time::Duration;

/// A download is a straggler if it takes more than this many times the median.
const STRAGGLER_RATIO: u32 = 2;

/// The figures that determine the bottleneck.
pub(super) struct BottleneckAnalysis<'a> {
    pub(super) run: &'a RunEvidence<'a>,
    pub(super) terms: Option<BoundTerms>,
    /// The lower bound; 0 if unknown.
    pub(super) bound: Duration,
    /// The client's CPU time divided by its cores; 0 if unknown.
    pub(super) cpu: Duration,
    /// The bound with the actual delays.
    pub(super) bound_with_actual_delays: Duration,
    /// The bound with rejected attempts and the backoff after them.
    pub(super) bound_with_rejections: Duration,
    /// The bound without failed attempts and backoff.
    pub(super) bound_without_retries: Duration,
    /// The median time of a download with its retries.
    pub(super) median_download: Duration,
    /// How long all attempts waited beyond their planned delays.
    lateness: Duration,
    /// The service time of all attempts.
    service_time: Duration,
}

impl<'a> BottleneckAnalysis<'a> {
    pub(super) fn new(run: &'a RunEvidence<'a>) -> BottleneckAnalysis<'a> {
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
            cpu: run.cpu.unwrap_or_default() / cores,
            bound_with_actual_delays: bound_if(run, plan_actual_delay),
            bound_with_rejections: bound_if(run, count_rejection),
            bound_without_retries: total(terms(&last_tries(run.records))),
            median_download: median_download(run.records, run.timeout),
            lateness: run.records.iter().map(lateness).sum(),
            service_time: run.records.iter().map(AttemptRecord::service_time).sum(),
        }
    }

    /// The largest lower bound if it explains half of the wall time, otherwise what the rest is due to.
    pub(super) fn kind(&self) -> BottleneckKind {
        let explained = self.bound.max(self.cpu);
        if let Some(limit) = self.limit_that_rejected_most_of(self.run.records.len()) {
            return limit;
        }
        if self.mostly_waits_for_a_permit() {
            return BottleneckKind::ServerConcurrencyLimit;
        }
        if twice(explained) < self.run.wall {
            return self.kind_beyond_bound(self.run.wall.saturating_sub(explained));
        }
        match self.terms {
            Some(terms) if self.bound >= self.cpu => self.kind_within_bound(&terms),
            _ => BottleneckKind::ClientCpu,
        }
    }

    /// Whether the server's concurrency limit is below the client's concurrency, attempts spent most of their time
    /// waiting, and no single chain explains half of the wall time.
    fn mostly_waits_for_a_permit(&self) -> bool {
        let limit = self.run.limits.concurrency;
        let is_scarce = limit.is_some_and(|limit| limit < self.run.concurrency);
        is_scarce && self.mostly_waited() && twice(self.critical_path()) < self.run.wall
    }

    fn mostly_waited(&self) -> bool {
        !self.lateness.is_zero() && twice(self.lateness) >= self.service_time
    }

    /// What the unexplained part of the wall time, more than half of it, is due to.
    fn kind_beyond_bound(&self, rest: Duration) -> BottleneckKind {
        let explains = |bound: Duration| twice(bound.saturating_sub(self.bound)) >= rest;
        if explains(self.bound_with_rejections)
            && let Some(limit) = self.limit_that_rejected_most_of(self.retries())
        {
            return limit;
        }
        let is_late = explains(self.bound_with_actual_delays)
            || self.timed_out_in_queue() > 0 && self.mostly_waited();
        match self.run.limits.concurrency {
            // With a concurrency limit, lateness is the wait for a permit.
            Some(_) if is_late => BottleneckKind::ServerConcurrencyLimit,
            None if is_late => BottleneckKind::ServerLateness,
            _ if self.terms.is_none() => BottleneckKind::Unknown,
            _ => BottleneckKind::Overhead,
        }
    }

    /// The largest term of the bound, and what that term consists of.
    fn kind_within_bound(&self, terms: &BoundTerms) -> BottleneckKind {
        let split = terms.even_split.max(terms.packing);
        let delays = terms.critical_path.max(split);
        // At equality a higher concurrency of the client cannot help, so the limit is the server's.
        let is_limit = |limit| limit >= split && limit > terms.critical_path;
        if is_limit(terms.server_rate_limit)
            && terms.server_rate_limit > terms.server_concurrency_limit
        {
            BottleneckKind::ServerRateLimit
        } else if is_limit(terms.server_concurrency_limit) {
            BottleneckKind::ServerConcurrencyLimit
        } else if twice(self.bound_without_retries) <= delays {
            BottleneckKind::Retries
        } else if twice(terms.includes_pacing) >= delays {
            BottleneckKind::Bandwidth
        } else if terms.critical_path < split && self.run.concurrency > 1 {
            BottleneckKind::Concurrency
        } else if terms.critical_path >= split && self.has_straggler(terms) {
            BottleneckKind::Straggler
        } else {
            BottleneckKind::Latency
        }
    }

    fn has_straggler(&self, terms: &BoundTerms) -> bool {
        terms.critical_path > self.median_download.saturating_mul(STRAGGLER_RATIO)
    }

    /// The limit of the server whose rejections exceed half of this number of attempts.
    fn limit_that_rejected_most_of(&self, attempts: usize) -> Option<BottleneckKind> {
        let most = |limit| 2 * self.rejections(limit) > attempts;
        if most(Rejection::RateLimit) {
            Some(BottleneckKind::ServerRateLimit)
        } else {
            most(Rejection::ConcurrencyLimit).then_some(BottleneckKind::ServerConcurrencyLimit)
        }
    }

    pub(super) fn is_hedged(&self) -> bool {
        let is_hedge = |record: &&AttemptRecord| {
            record.kind == AttemptKind::Hedge || record.outcome == Outcome::HedgeLost
        };
        self.count(is_hedge) > 0
    }

    /// Whether the server reports its delays.
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

    pub(super) fn critical_path(&self) -> Duration {
        self.terms
            .map_or(Duration::ZERO, |terms| terms.critical_path)
    }

    pub(super) fn max_useful_concurrency(&self) -> usize {
        self.terms.map_or(1, |terms| terms.max_useful_concurrency)
    }

    /// The bound at the maximum useful concurrency.
    pub(super) fn lowest_bound(&self) -> Duration {
        let RunEvidence {
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

fn twice(time: Duration) -> Duration {
    time.saturating_mul(2)
}

/// The bound of the requests after this change to each, without the server's limits.
fn bound_if(run: &RunEvidence<'_>, change: fn(&mut AttemptRecord)) -> Duration {
    let work = PlannedWork::from_records(&with_each(run.records, change), run.timeout);
    work.map_or(Duration::ZERO, |work| {
        Bound::new(&work, run.concurrency).total()
    })
}

/// How long the attempt waited beyond its planned delay; one that timed out in the queue only waited.
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

/// The last try for each resource of a download, without the backoff before it.
fn last_tries(records: &[AttemptRecord]) -> Vec<AttemptRecord> {
    let mut last_retry = BTreeMap::new();
    let is_retry = |record: &&AttemptRecord| record.kind == AttemptKind::Retry;
    for record in records.iter().filter(is_retry) {
        let attempt = last_retry.entry((record.download, record.resource));
        let attempt = attempt.or_insert(record.attempt);
        *attempt = record.attempt.max(*attempt);
    }
    let is_last = |record: &&AttemptRecord| {
        let last = last_retry.get(&(record.download, record.resource));
        last.is_none_or(|&last| record.attempt >= last)
    };
    let last: Vec<AttemptRecord> = records.iter().filter(is_last).cloned().collect();
    with_each(&last, |record| record.backoff = Duration::ZERO)
}

/// The median time of a download with its retries; 0 if unknown.
fn median_download(records: &[AttemptRecord], timeout: Option<Duration>) -> Duration {
    let work = PlannedWork::from_records(records, timeout).unwrap_or_default();
    lower_median(work.chains, Ord::cmp).unwrap_or_default()
}
