//! Statistics of load in as little memory as they need.

use super::compact_latencies::CompactLatencies;
use flagpole_protocol::{LoadStats, OutcomeClass, OutcomeTimes};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What [`LoadStats`] hold, with sparse histograms: a few kilobytes instead of a megabyte.
#[derive(Clone, Debug, Default)]
pub(super) struct CompactStats {
    outcomes: BTreeMap<Cow<'static, str>, CompactOutcome>,
    /// Wait, connect, first byte and body.
    parts: [CompactLatencies; 4],
    lateness: CompactLatencies,
    /// All else: without outcomes and latencies.
    counters: LoadStats,
}

#[derive(Clone, Debug)]
struct CompactOutcome {
    class: OutcomeClass,
    is_unfinished: bool,
    reason: String,
    response_time: CompactLatencies,
    service_time: CompactLatencies,
}

impl CompactStats {
    /// Adds statistics.
    pub(super) fn add(&mut self, stats: &LoadStats) {
        for (label, times) in &stats.outcomes {
            let sum = self.outcome(label, times.class, times.is_unfinished, &times.reason);
            sum.response_time.add(&times.response_time);
            sum.service_time.add(&times.service_time);
        }
        let parts = &stats.parts;
        let parts = [&parts.wait, &parts.connect, &parts.first_byte, &parts.body];
        for (sum, part) in self.parts.iter_mut().zip(parts) {
            sum.add(part);
        }
        self.lateness.add(&stats.lateness);
        self.counters += &counters(stats);
    }

    /// Adds other statistics.
    pub(super) fn merge(&mut self, other: &CompactStats) {
        for (label, times) in &other.outcomes {
            let sum = self.outcome(label, times.class, times.is_unfinished, &times.reason);
            sum.response_time.merge(&times.response_time);
            sum.service_time.merge(&times.service_time);
        }
        for (sum, part) in self.parts.iter_mut().zip(&other.parts) {
            sum.merge(part);
        }
        self.lateness.merge(&other.lateness);
        self.counters += &other.counters;
    }

    /// All statistics.
    pub(super) fn to_stats(&self) -> LoadStats {
        let mut stats = self.counters.clone();
        for (label, outcome) in &self.outcomes {
            let (class, reason) = (outcome.class, outcome.reason.clone());
            let mut times = OutcomeTimes::new(class, outcome.is_unfinished, reason);
            times.response_time = outcome.response_time.to_stats();
            times.service_time = outcome.service_time.to_stats();
            stats.outcomes.insert(label.clone(), times);
        }
        let [wait, connect, first_byte, body] = &self.parts;
        stats.parts.wait = wait.to_stats();
        stats.parts.connect = connect.to_stats();
        stats.parts.first_byte = first_byte.to_stats();
        stats.parts.body = body.to_stats();
        stats.lateness = self.lateness.to_stats();
        stats
    }

    /// What holds the requests of an outcome; of several reasons the first in alphabetical order, as in [`LoadStats`].
    #[expect(clippy::ptr_arg, reason = "a static label is not copied")]
    fn outcome(
        &mut self,
        label: &Cow<'static, str>,
        class: OutcomeClass,
        is_unfinished: bool,
        reason: &str,
    ) -> &mut CompactOutcome {
        let outcome = self.outcomes.entry(label.clone());
        let outcome = outcome.or_insert_with(|| CompactOutcome {
            class,
            is_unfinished,
            reason: reason.to_owned(),
            response_time: CompactLatencies::default(),
            service_time: CompactLatencies::default(),
        });
        if reason < outcome.reason.as_str() {
            reason.clone_into(&mut outcome.reason);
        }
        outcome
    }
}

/// The statistics without outcomes and latencies.
fn counters(stats: &LoadStats) -> LoadStats {
    let mut counters = LoadStats::default();
    counters.attempts = stats.attempts;
    counters.retries = stats.retries;
    counters.hedges = stats.hedges;
    counters.redirects = stats.redirects;
    counters.connections = stats.connections;
    counters.bytes = stats.bytes;
    counters.attempt_time = stats.attempt_time;
    counters.statuses.clone_from(&stats.statuses);
    counters.without_status = stats.without_status;
    counters.out_of_ports = stats.out_of_ports;
    counters.out_of_descriptors = stats.out_of_descriptors;
    counters.responses = stats.responses;
    counters
}
