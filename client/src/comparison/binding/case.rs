//! The figures of a run, and which of them decides what holds it back.

use super::{Constraint, Evidence};
use crate::bound::{Bound, planned};
use crate::comparison::fates::{CAPACITY, RATE_LIMIT, is_refused};
use crate::comparison::terms::{Terms, edited};
use crate::record::{Kind, Record};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest chain is a straggler if it takes more than so many times the median one.
const STRAGGLER: u32 = 2;

/// The figures that decide.
pub(super) struct Case<'a> {
    pub(super) run: &'a Evidence<'a>,
    pub(super) terms: Option<Terms>,
    /// The bound; 0 without one.
    pub(super) bound: Duration,
    /// The client's CPU time over its cores; 0 if it is not known.
    pub(super) cpu: Duration,
    /// The bound if the delays that the server kept had been planned.
    pub(super) actual: Duration,
    /// The bound if every first try had ended as the last one did.
    pub(super) tried_once: Duration,
    /// The median of the chains.
    pub(super) median: Duration,
}

impl<'a> Case<'a> {
    pub(super) fn of(run: &'a Evidence<'a>) -> Case<'a> {
        let terms = |records: &[Record]| Terms::of(records, run.lanes, run.whole, run.limits);
        let total = |terms: Option<Terms>| terms.map_or(Duration::ZERO, |terms| terms.total());
        let cores = u32::try_from(run.cores.max(1)).unwrap_or(u32::MAX);
        let whole = terms(run.records);
        Case {
            run,
            terms: whole,
            bound: total(whole),
            cpu: run.cpu.unwrap_or_default() / cores,
            actual: planned(&edited(run.records, as_kept), run.whole)
                .map_or(Duration::ZERO, |kept| Bound::of(&kept, run.lanes).total()),
            tried_once: total(terms(&tried_once(run.records))),
            median: median_chain(run.records, run.whole),
        }
    }

    /// The lower bound that explains most of the wall time, if it explains half of it.
    pub(super) fn constraint(&self) -> Constraint {
        let explained = self.bound.max(self.cpu);
        if twice(explained) < self.run.wall {
            return self.beyond(self.run.wall.saturating_sub(explained));
        }
        match self.terms {
            Some(terms) if self.bound >= self.cpu => self.within(&terms),
            _ => Constraint::ClientCpu,
        }
    }

    /// What the larger part of the wall time, this one, is due to.
    fn beyond(&self, rest: Duration) -> Constraint {
        let is_late = twice(self.actual.saturating_sub(self.bound)) >= rest;
        match self.run.limits.seats {
            // Where there are seats, lateness is the wait for one.
            Some(_) if is_late => Constraint::Capacity,
            None if is_late => Constraint::ServerLateness,
            _ if self.terms.is_none() => Constraint::Unknown,
            _ => Constraint::Overhead,
        }
    }

    /// Which term of the bound it is, and which part of that.
    fn within(&self, terms: &Terms) -> Constraint {
        let spread = terms.evenly.max(terms.sharing);
        let delays = terms.longest.max(spread);
        // As many seats as lanes: more lanes can not help, so it is the seats.
        let is_limit = |limit| limit >= spread && limit > terms.longest;
        if is_limit(terms.rate_limit) && terms.rate_limit > terms.capacity {
            Constraint::RateLimit
        } else if is_limit(terms.capacity) {
            Constraint::Capacity
        } else if twice(self.tried_once) <= delays {
            self.turned_away().unwrap_or(Constraint::Retries)
        } else if twice(terms.paced) >= delays {
            Constraint::Bandwidth
        } else if terms.longest < spread && self.run.lanes > 1 {
            Constraint::Lanes
        } else if terms.longest >= spread && terms.longest > self.median.saturating_mul(STRAGGLER) {
            Constraint::Straggler
        } else {
            Constraint::Latency
        }
    }

    /// What most retries are due to, if it is that the server turned requests away.
    fn turned_away(&self) -> Option<Constraint> {
        let most = |reason| 2 * self.refusals(reason) > self.retries();
        if most(RATE_LIMIT) {
            Some(Constraint::RateLimit)
        } else {
            most(CAPACITY).then_some(Constraint::Capacity)
        }
    }

    /// How many attempts were made again.
    pub(super) fn retries(&self) -> usize {
        self.count(|record| record.kind == Kind::Retry)
    }

    /// How many attempts the server turned away for this reason.
    pub(super) fn refusals(&self, reason: &str) -> usize {
        self.count(|record| is_refused(record, reason))
    }

    fn count(&self, is_one: impl Fn(&&Record) -> bool) -> usize {
        self.run.records.iter().filter(is_one).count()
    }

    /// The bound with as many lanes as can help.
    pub(super) fn floor(&self) -> Duration {
        let lanes = self.terms.map_or(self.run.lanes, |terms| terms.knee);
        let terms = Terms::of(self.run.records, lanes, self.run.whole, self.run.limits);
        terms.map_or(Duration::ZERO, |terms| terms.total())
    }
}

fn twice(time: Duration) -> Duration {
    time.saturating_mul(2)
}

/// As if the server had planned the delay that it kept.
fn as_kept(record: &mut Record) {
    if let Some(timing) = &mut record.timing {
        timing.planned = timing.planned.max(timing.actual);
    }
}

/// The last try at each thing, without the back-off before it.
fn tried_once(records: &[Record]) -> Vec<Record> {
    let mut last = BTreeMap::new();
    for record in records.iter().filter(|record| record.kind == Kind::Retry) {
        let attempt = last.entry((record.download, record.resource));
        let attempt = attempt.or_insert(record.attempt);
        *attempt = record.attempt.max(*attempt);
    }
    let is_last = |record: &&Record| {
        let last = last.get(&(record.download, record.resource));
        last.is_none_or(|&last| record.attempt >= last)
    };
    let records: Vec<Record> = records.iter().filter(is_last).cloned().collect();
    edited(&records, |record| record.backoff = Duration::ZERO)
}

/// The lower of two in the middle; 0 without a chain.
fn median_chain(records: &[Record], whole: Option<Duration>) -> Duration {
    let mut chains = planned(records, whole).unwrap_or_default().chains;
    chains.sort_unstable();
    let middle = chains.len().saturating_sub(1) / 2;
    chains.get(middle).copied().unwrap_or_default()
}
