//! Judges what was observed in a load run by every check.

use super::{
    all_failed, arrivals_late, client_saturated, connections_short, drift, ended_early,
    ledger_mismatch, littles_law, processor_lost, rate_not_reached, sample_too_small,
    server_silent, unfinished,
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

/// The reasons in the order of what explains most. What another reason explains is none.
fn reasons(observed: &ObservedLoad, figures: &LoadFigures) -> Vec<ValidityIssue> {
    let mut reasons: Vec<_> = ended_early::check(observed).into_iter().collect();
    reasons.extend(connections_short::check(observed, figures));
    reasons.extend(ledger_mismatch::check(observed));
    reasons.extend(littles_law::check(observed));
    reasons.extend(processor_lost::check(observed));
    reasons.extend(arrivals_late::check(figures));
    reasons.extend(client_saturated::check(observed));
    if let Some(reason) = all_failed::check(figures) {
        reasons.push(reason);
        return reasons;
    }
    let silence = server_silent::check(observed);
    let is_gone = reasons
        .iter()
        .chain(&silence)
        .any(|reason| reason.label == "server_gone");
    let is_silent = silence.is_some();
    reasons.extend(silence);
    if is_gone {
        return reasons;
    }
    let rate = rate_not_reached::check(observed, figures);
    if rate.is_none() {
        reasons.extend(unfinished::check(figures));
    }
    if rate.is_none() && !is_silent {
        reasons.extend(drift::check(observed));
    }
    reasons.extend(rate);
    reasons
}
