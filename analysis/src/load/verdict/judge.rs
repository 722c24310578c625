//! Judges what was observed in a load run by every check.

use super::{
    all_failed, arrivals_late, client_saturated, client_unknown, clocks_apart, connections_short,
    drift, end_missing, ended_early, experiments_differ, interval_missing, interval_repeated,
    iterations_failed, ledger_mismatch, littles_law, merge_unchecked, process_reasons,
    process_starved, processor_lost, rate_not_reached, sample_too_small, server_silent, shards,
    starts_apart, unfinished,
};
use crate::load::condition::ConditionResult;
use crate::load::figures::LoadFigures;
use crate::load::merge_facts::MergeFacts;
use crate::load::observed::ObservedLoad;
use crate::validity::{Validity, ValidityIssue, Verdict};
use std::cmp::Reverse;

/// The reasons that are the client's doing or that of its machine: with these, a run says nothing about the server.
const CLIENT_REASONS: [&str; 7] = [
    "arrivals_late",
    "client_saturated",
    "client_slower_than_rate",
    "descriptors_short",
    "littles_law",
    "ports_short",
    "processor_lost",
];

impl Verdict {
    /// The verdict on a load run with these figures and these judged conditions.
    pub(in crate::load) fn for_load(
        observed: &ObservedLoad,
        figures: &LoadFigures,
        conditions: &[ConditionResult],
    ) -> Verdict {
        let mut reasons = reasons(observed, figures);
        reasons.extend(sample_too_small::check(conditions));
        Verdict::of_reasons(reasons, processor_lost::unchecked(observed))
    }

    /// The verdict on the load of several processes: on the logs, on the whole, and on what each process did by itself.
    pub(in crate::load) fn for_merge(
        observed: &ObservedLoad,
        facts: &MergeFacts,
        figures: &LoadFigures,
        conditions: &[ConditionResult],
    ) -> Verdict {
        let processes = &facts.processes[..];
        let mut reasons: Vec<_> = experiments_differ::check(facts).into_iter().collect();
        reasons.extend(shards::check(processes));
        reasons.extend(interval_missing::check(processes));
        reasons.extend(end_missing::check(observed, figures, processes));
        reasons.extend(client_unknown::check(processes));
        reasons.extend(starts_apart::check(observed, processes));
        reasons.extend(clocks_apart::check(processes));
        reasons.extend(interval_repeated::check(processes));
        reasons.extend(whole_reasons(observed, facts, figures));
        reasons.extend(sample_too_small::check(conditions));
        Verdict::of_reasons(reasons, merge_unchecked::sentences(observed, facts))
    }

    /// The verdict on what one of several processes did by itself.
    pub(in crate::load) fn for_process(observed: &ObservedLoad, figures: &LoadFigures) -> Verdict {
        let mut reasons: Vec<_> = ended_early::check(observed).into_iter().collect();
        reasons.extend(connections_short::check(observed, figures));
        reasons.extend(client_reasons(observed, figures));
        Verdict::of_reasons(reasons, processor_lost::unchecked(observed))
    }

    fn of_reasons(
        mut reasons: Vec<ValidityIssue>,
        unchecked: impl IntoIterator<Item = String>,
    ) -> Verdict {
        reasons.sort_by_key(|reason| Reverse(reason.severity));
        let worst = reasons.first().map(|reason| reason.severity);
        Verdict {
            validity: worst.unwrap_or(Validity::Valid),
            reasons,
            unchecked: unchecked.into_iter().collect(),
        }
    }

    /// The reason for which a load run says nothing about its server: the client was the limit.
    pub(in crate::load) fn client_limit(&self) -> Option<&ValidityIssue> {
        let mut reasons = self.reasons.iter();
        reasons.find(|reason| {
            let is_client = CLIENT_REASONS.contains(&&reason.label[..]);
            is_client && reason.severity == Validity::Invalid
        })
    }
}

/// The reasons, of equal severity the one that explains most first. What follows from another reason is left out.
fn reasons(observed: &ObservedLoad, figures: &LoadFigures) -> Vec<ValidityIssue> {
    let mut reasons: Vec<_> = all_failed::check(figures).into_iter().collect();
    let has_none = !reasons.is_empty();
    reasons.extend(ended_early::check(observed).filter(|issue| !has_none || !is_gone(issue)));
    reasons.extend(server_silent::check(observed).filter(|_| !has_none));
    reasons.extend(connections_short::check(observed, figures));
    reasons.extend(ledger_mismatch::check(observed));
    if has_none || reasons.iter().any(is_gone) {
        return reasons;
    }
    reasons.extend(iterations_failed::check(observed));
    let is_silent = reasons
        .iter()
        .any(|reason| reason.label == "server_stalled");
    let rate = rate_not_reached::check(observed, figures);
    let is_reached = rate.is_none();
    reasons.extend(rate);
    reasons.extend(client_reasons(observed, figures));
    if is_reached {
        reasons.extend(unfinished::check(figures));
        reasons.extend(drift::check(observed).filter(|_| !is_silent));
    }
    reasons
}

/// What a client did by itself, whatever the server did.
fn client_reasons(observed: &ObservedLoad, figures: &LoadFigures) -> Vec<ValidityIssue> {
    let mut reasons: Vec<_> = arrivals_late::check(figures).into_iter().collect();
    reasons.extend(processor_lost::check(observed));
    reasons.extend(client_saturated::check(observed));
    let is_delayed = !reasons.is_empty();
    reasons.extend(littles_law::check(observed, is_delayed));
    reasons
}

/// The reasons that the requests of all processes together give, and those of the processes. Whether a client had time to
/// spare, lost its processor or recorded what it did is a question to each process, not to their sum.
fn whole_reasons(
    observed: &ObservedLoad,
    facts: &MergeFacts,
    figures: &LoadFigures,
) -> Vec<ValidityIssue> {
    let mut reasons: Vec<_> = all_failed::check(figures).into_iter().collect();
    let has_none = !reasons.is_empty();
    // Other programs do not log when responses came.
    let may_be_silent = !has_none && observed.asked.model.is_known();
    reasons.extend(server_silent::check(observed).filter(|_| may_be_silent));
    reasons.extend(ledger_mismatch::check(observed));
    reasons.extend(process_reasons::check(&facts.processes));
    if has_none || reasons.iter().any(is_gone) {
        return reasons;
    }
    reasons.extend(iterations_failed::check(observed));
    let is_silent = reasons
        .iter()
        .any(|reason| reason.label == "server_stalled");
    let rate = rate_not_reached::check(observed, figures);
    let is_reached = rate.is_none();
    reasons.extend(rate);
    reasons.extend(process_starved::check(&facts.processes));
    if is_reached {
        reasons.extend(unfinished::check(figures));
        let is_comparable = starts_apart::are_together(&facts.processes) && !is_silent;
        reasons.extend(drift::check(observed).filter(|_| is_comparable));
    }
    reasons
}

fn is_gone(issue: &ValidityIssue) -> bool {
    issue.label == "server_gone"
}
