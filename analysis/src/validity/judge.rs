//! Judges what was observed in a cell.

use super::observed::{ObservedCell, ObservedStrategy};
use super::reason::Reason;
use super::strategy_reasons::strategy_reasons;
use super::verdict::{Validity, ValidityIssue, Verdict};
use crate::stats::ratio_estimate::MIN_ROUNDS;
use std::cmp::Reverse;

impl Verdict {
    /// The verdict on the figures of a cell.
    pub fn for_cell(cell: &ObservedCell) -> Verdict {
        let mut reasons = reasons(cell);
        reasons.sort_by_key(|reason| Reverse(reason.severity()));
        let worst = reasons.first().map(Reason::severity);
        Verdict {
            validity: worst.unwrap_or(Validity::Valid),
            reasons: reasons.iter().map(ValidityIssue::from).collect(),
        }
    }
}

impl From<&Reason> for ValidityIssue {
    fn from(reason: &Reason) -> ValidityIssue {
        ValidityIssue {
            severity: reason.severity(),
            label: reason.label().to_owned(),
            message: reason.to_string(),
        }
    }
}

fn reasons(cell: &ObservedCell) -> Vec<Reason> {
    let aborted = cell.abort_messages.iter().cloned();
    let mut reasons: Vec<_> = aborted.map(|why| Reason::Aborted { why }).collect();
    reasons.extend(cell.other_reasons.iter().cloned());
    let count = cell.server.early_responses;
    reasons.extend((count > 0).then_some(Reason::EarlyResponses { count }));
    reasons.extend(server_late(cell));
    reasons.extend(fates_differ(&cell.strategies));
    reasons.extend(fates_unknown(&cell.strategies));
    reasons.extend(work_differs(&cell.strategies));
    let comparisons = cell.strategies.len();
    let each = cell.strategies.iter();
    reasons.extend(each.flat_map(|one| strategy_reasons(one, comparisons, cell.cores)));
    let (rounds, requested) = (cell.rounds, cell.requested_rounds);
    reasons.extend((rounds < requested).then_some(Reason::RoundsMissing { rounds, requested }));
    let needed = MIN_ROUNDS;
    reasons.extend((rounds < needed).then_some(Reason::FewRounds { rounds, needed }));
    reasons
}

/// The lateness of the median round, of the strategy for which that is highest. A single stall of the machine
/// determines the p99 of its round, because a round has few responses; the median over the rounds ignores the stall.
fn server_late(cell: &ObservedCell) -> Option<Reason> {
    let delay = cell.server.median_delay.filter(|delay| !delay.is_zero())?;
    let medians = cell.strategies.iter();
    let lateness = medians
        .filter_map(ObservedStrategy::median_p99_lateness)
        .max()?;
    let late = Reason::ServerLate { lateness, delay };
    (late.severity() > Validity::Valid).then_some(late)
}

/// All strategies must have had the fates of the first strategy.
fn fates_differ(strategies: &[ObservedStrategy]) -> Option<Reason> {
    let digest = |one: &ObservedStrategy| Some((one.name.clone(), one.fates_digest.clone()?));
    let digests: Vec<_> = strategies.iter().filter_map(digest).collect();
    let first = digests.first()?;
    let other = digests.iter().find(|other| other.1 != first.1)?;
    Some(Reason::FatesDiffer {
        one: first.clone(),
        other: other.clone(),
    })
}

fn fates_unknown(strategies: &[ObservedStrategy]) -> Option<Reason> {
    let unknown = strategies.iter().filter(|one| one.fates_digest.is_none());
    let attempts = unknown.map(|one| one.timing_dependent_attempts).sum();
    (attempts > 0).then_some(Reason::FatesUnknown { attempts })
}

/// All strategies under a policy must have results comparable to those of the first strategy under that policy.
fn work_differs(strategies: &[ObservedStrategy]) -> Option<Reason> {
    let counts = |one: &ObservedStrategy| (one.name.clone(), one.downloads);
    strategies.iter().find_map(|other| {
        let mut all = strategies.iter();
        let first = all.find(|first| first.policy == other.policy)?;
        (!first.downloads.is_comparable_to(&other.downloads)).then(|| Reason::WorkDiffers {
            one: counts(first),
            other: counts(other),
        })
    })
}
