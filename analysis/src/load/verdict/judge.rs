//! Judges what was observed in a load run by every check.

use super::{
    all_failed, arrivals_late, client_saturated, connections_short, drift, ended_early,
    iterations_failed, ledger_mismatch, littles_law, processor_lost, rate_not_reached,
    sample_too_small, server_silent, unfinished,
};
use crate::load::condition::ConditionResult;
use crate::load::figures::LoadFigures;
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
        reasons.sort_by_key(|reason| Reverse(reason.severity));
        let worst = reasons.first().map(|reason| reason.severity);
        Verdict {
            validity: worst.unwrap_or(Validity::Valid),
            reasons,
            unchecked: processor_lost::unchecked(observed).into_iter().collect(),
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
    let mut delays: Vec<_> = arrivals_late::check(figures).into_iter().collect();
    delays.extend(processor_lost::check(observed));
    delays.extend(client_saturated::check(observed));
    let is_delayed = !delays.is_empty();
    reasons.extend(delays);
    reasons.extend(littles_law::check(observed, is_delayed));
    if is_reached {
        reasons.extend(unfinished::check(figures));
        reasons.extend(drift::check(observed).filter(|_| !is_silent));
    }
    reasons
}

fn is_gone(issue: &ValidityIssue) -> bool {
    issue.label == "server_gone"
}
