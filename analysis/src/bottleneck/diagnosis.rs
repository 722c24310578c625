//! The figures of a run, and which of them decides what holds it back.

use super::{BottleneckKind, RunEvidence};
use crate::bound::{Bound, planned};
use crate::bound_terms::{BoundTerms, edited};
use flagpole_protocol::Outcome;
use flagpole_protocol::{AttemptKind, AttemptRecord, Rejection};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest chain is a straggler if it takes more than so many times the median one.
const STRAGGLER: u32 = 2;

/// The figures that decide.
pub(crate) struct Case<'a> {
    pub(crate) run: &'a RunEvidence<'a>,
    pub(crate) terms: Option<BoundTerms>,
    /// The bound; 0 without one.
    pub(crate) bound: Duration,
    /// The client's CPU time over its cores; 0 if it is not known.
    pub(crate) cpu: Duration,
    /// The bound if the delays that the server kept had been planned.
    pub(crate) actual: Duration,
    /// The bound if attempts that were turned away, and the back-off behind them, had been meant.
    pub(crate) turned_away: Duration,
    /// How long attempts waited for the server beyond what was planned; one that was given up for that
    /// did nothing but wait.
    pub(crate) waited: Duration,
    /// How long all attempts took.
    pub(crate) took: Duration,
    /// The bound if every first try had ended as the last one did.
    pub(crate) tried_once: Duration,
    /// The median of the chains.
    pub(crate) median: Duration,
}

impl<'a> Case<'a> {
    pub(crate) fn of(run: &'a RunEvidence<'a>) -> Case<'a> {
        let terms =
            |records: &[AttemptRecord]| BoundTerms::of(records, run.lanes, run.whole, run.limits);
        let total = |terms: Option<BoundTerms>| terms.map_or(Duration::ZERO, |terms| terms.total());
        let cores = u32::try_from(run.cores.max(1)).unwrap_or(u32::MAX);
        let whole = terms(run.records);
        Case {
            run,
            terms: whole,
            bound: total(whole),
            cpu: run.cpu.unwrap_or_default() / cores,
            actual: bound_if(run, as_kept),
            turned_away: bound_if(run, as_meant),
            waited: run.records.iter().map(waited).sum(),
            took: run.records.iter().map(AttemptRecord::service_time).sum(),
            tried_once: total(terms(&tried_once(run.records))),
            median: median_chain(run.records, run.whole),
        }
    }

    /// The lower bound that explains most of the wall time, if it explains half of it.
    pub(crate) fn constraint(&self) -> BottleneckKind {
        let explained = self.bound.max(self.cpu);
        if let Some(limit) = self.mostly_turned_away() {
            return limit;
        }
        if self.waits_for_a_seat() {
            return BottleneckKind::Capacity;
        }
        if twice(explained) < self.run.wall {
            return self.beyond(self.run.wall.saturating_sub(explained));
        }
        match self.terms {
            Some(terms) if self.bound >= self.cpu => self.within(&terms),
            _ => BottleneckKind::ClientCpu,
        }
    }

    /// What turned most attempts away, if most were.
    fn mostly_turned_away(&self) -> Option<BottleneckKind> {
        self.limit_of(self.run.records.len())
    }

    /// Whether there are fewer seats than lanes and attempts spent most of their time waiting for one, and
    /// no single chain explains half of the wall time by itself.
    fn waits_for_a_seat(&self) -> bool {
        let is_scarce = self
            .run
            .limits
            .seats
            .is_some_and(|seats| seats < self.run.lanes);
        let longest = self.terms.map_or(Duration::ZERO, |terms| terms.longest);
        is_scarce && self.mostly_waited() && twice(longest) < self.run.wall
    }

    fn mostly_waited(&self) -> bool {
        !self.waited.is_zero() && twice(self.waited) >= self.took
    }

    /// What the larger part of the wall time, this one, is due to.
    fn beyond(&self, rest: Duration) -> BottleneckKind {
        let explains = |bound: Duration| twice(bound.saturating_sub(self.bound)) >= rest;
        if explains(self.turned_away)
            && let Some(limit) = self.limit_of(self.retries())
        {
            return limit;
        }
        let is_late = explains(self.actual) || self.given_up() > 0 && self.mostly_waited();
        match self.run.limits.seats {
            // Where there are seats, lateness is the wait for one.
            Some(_) if is_late => BottleneckKind::Capacity,
            None if is_late => BottleneckKind::ServerLateness,
            _ if self.terms.is_none() => BottleneckKind::Unknown,
            _ => BottleneckKind::Overhead,
        }
    }

    /// Which term of the bound it is, and which part of that.
    fn within(&self, terms: &BoundTerms) -> BottleneckKind {
        let spread = terms.evenly.max(terms.sharing);
        let delays = terms.longest.max(spread);
        // As many seats as lanes: more lanes can not help, so it is the seats.
        let is_limit = |limit| limit >= spread && limit > terms.longest;
        if is_limit(terms.rate_limit) && terms.rate_limit > terms.capacity {
            BottleneckKind::RateLimit
        } else if is_limit(terms.capacity) {
            BottleneckKind::Capacity
        } else if twice(self.tried_once) <= delays {
            BottleneckKind::Retries
        } else if twice(terms.paced) >= delays {
            BottleneckKind::Bandwidth
        } else if terms.longest < spread && self.run.lanes > 1 {
            BottleneckKind::Lanes
        } else if terms.longest >= spread && terms.longest > self.median.saturating_mul(STRAGGLER) {
            BottleneckKind::Straggler
        } else {
            BottleneckKind::Latency
        }
    }

    /// The limit of the server that turned away more than half as many attempts.
    fn limit_of(&self, attempts: usize) -> Option<BottleneckKind> {
        let most = |reason| 2 * self.refusals(reason) > attempts;
        if most(Rejection::RateLimit) {
            Some(BottleneckKind::RateLimit)
        } else {
            most(Rejection::ConcurrencyLimit).then_some(BottleneckKind::Capacity)
        }
    }

    /// Whether some attempt was a hedge, or lost against one.
    pub(crate) fn is_hedged(&self) -> bool {
        let is_hedge = |record: &&AttemptRecord| {
            record.kind == AttemptKind::Hedge || record.outcome == Outcome::HedgeLost
        };
        self.count(is_hedge) > 0
    }

    /// Whether the server said what it planned of any attempt.
    pub(crate) fn is_told(&self) -> bool {
        self.count(|record| record.timing.is_some()) > 0
    }

    /// How many attempts ended without a head, and without anything being known of their plan.
    pub(crate) fn headless(&self) -> usize {
        self.count(|record| record.status.is_none() && record.timing.is_none())
    }

    /// How many attempts were given up though their answers were to come in time.
    pub(crate) fn given_up(&self) -> usize {
        self.count(|record| is_given_up(record))
    }

    /// How many attempts were made again.
    pub(crate) fn retries(&self) -> usize {
        self.count(|record| record.kind == AttemptKind::Retry)
    }

    /// How many attempts the server turned away for this reason.
    pub(crate) fn refusals(&self, reason: Rejection) -> usize {
        self.count(|record| record.rejected_by(reason))
    }

    fn count(&self, is_one: impl Fn(&&AttemptRecord) -> bool) -> usize {
        self.run.records.iter().filter(is_one).count()
    }

    /// The bound with as many lanes as can help.
    pub(crate) fn floor(&self) -> Duration {
        let lanes = self.terms.map_or(self.run.lanes, |terms| terms.knee);
        let terms = BoundTerms::of(self.run.records, lanes, self.run.whole, self.run.limits);
        terms.map_or(Duration::ZERO, |terms| terms.total())
    }
}

fn twice(time: Duration) -> Duration {
    time.saturating_mul(2)
}

fn bound_if(run: &RunEvidence<'_>, edit: fn(&mut AttemptRecord)) -> Duration {
    let planned = planned(&edited(run.records, edit), run.whole);
    planned.map_or(Duration::ZERO, |planned| {
        Bound::of(&planned, run.lanes).total()
    })
}

fn is_given_up(record: &AttemptRecord) -> bool {
    matches!(record.outcome, Outcome::Timeout(..)) && record.was_rejected()
}

/// How long it waited for the server beyond what was planned.
fn waited(record: &AttemptRecord) -> Duration {
    match &record.timing {
        _ if is_given_up(record) => record.service_time(),
        Some(timing) => timing.actual.saturating_sub(timing.planned),
        None => Duration::ZERO,
    }
}

/// As if it had been meant to come to nothing.
fn as_meant(record: &mut AttemptRecord) {
    if is_given_up(record) {
        record.timing = None;
    } else if record.was_rejected()
        && let Some(timing) = &mut record.timing
    {
        timing.fault = None;
    }
}

/// As if the server had planned the delay that it kept.
fn as_kept(record: &mut AttemptRecord) {
    if let Some(timing) = &mut record.timing {
        timing.planned = timing.planned.max(timing.actual);
    }
}

/// The last try at each thing, without the back-off before it.
fn tried_once(records: &[AttemptRecord]) -> Vec<AttemptRecord> {
    let mut last = BTreeMap::new();
    for record in records
        .iter()
        .filter(|record| record.kind == AttemptKind::Retry)
    {
        let attempt = last.entry((record.download, record.resource));
        let attempt = attempt.or_insert(record.attempt);
        *attempt = record.attempt.max(*attempt);
    }
    let is_last = |record: &&AttemptRecord| {
        let last = last.get(&(record.download, record.resource));
        last.is_none_or(|&last| record.attempt >= last)
    };
    let records: Vec<AttemptRecord> = records.iter().filter(is_last).cloned().collect();
    edited(&records, |record| record.backoff = Duration::ZERO)
}

/// The lower of two in the middle; 0 without a chain.
fn median_chain(records: &[AttemptRecord], whole: Option<Duration>) -> Duration {
    let mut chains = planned(records, whole).unwrap_or_default().chains;
    chains.sort_unstable();
    let middle = chains.len().saturating_sub(1) / 2;
    chains.get(middle).copied().unwrap_or_default()
}
