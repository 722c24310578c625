//! From evidence to a verdict.

use super::evidence::{CellEvidence, StrategyEvidence};
use super::reason::Reason;
use super::strategy_reasons::strategy_reasons;
use super::verdict::{Validity, ValidityIssue, Verdict};
use crate::stats::ratio_estimate::MIN_ROUNDS;
use std::cmp::Reverse;

impl Verdict {
    /// The verdict on the figures of a cell.
    pub fn for_cell(cell: &CellEvidence) -> Verdict {
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

fn reasons(cell: &CellEvidence) -> Vec<Reason> {
    let aborted = cell.aborted.iter().cloned();
    let mut reasons: Vec<_> = aborted.map(|why| Reason::Aborted { why }).collect();
    reasons.extend(cell.others.iter().cloned());
    let count = cell.server.early;
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

/// A single stall of the machine is the p99 of its round, because few responses are in flight. Therefore the median
/// round counts, of the strategy for which it is the latest.
fn server_late(cell: &CellEvidence) -> Option<Reason> {
    let delay = cell.server.delay.filter(|delay| !delay.is_zero())?;
    let medians = cell.strategies.iter();
    let lateness = medians
        .filter_map(StrategyEvidence::median_lateness)
        .max()?;
    let late = Reason::ServerLate { lateness, delay };
    (late.severity() > Validity::Valid).then_some(late)
}

/// All strategies must have the fates of the first.
fn fates_differ(strategies: &[StrategyEvidence]) -> Option<Reason> {
    let digest = |one: &StrategyEvidence| Some((one.name.clone(), one.fates.clone()?));
    let digests: Vec<_> = strategies.iter().filter_map(digest).collect();
    let first = digests.first()?;
    let other = digests.iter().find(|other| other.1 != first.1)?;
    Some(Reason::FatesDiffer {
        one: first.clone(),
        other: other.clone(),
    })
}

fn fates_unknown(strategies: &[StrategyEvidence]) -> Option<Reason> {
    let unknown = strategies.iter().filter(|one| one.fates.is_none());
    let attempts = unknown.map(|one| one.timing_dependent).sum();
    (attempts > 0).then_some(Reason::FatesUnknown { attempts })
}

/// All strategies under a policy must have results comparable to those of the first under it.
fn work_differs(strategies: &[StrategyEvidence]) -> Option<Reason> {
    let counts = |one: &StrategyEvidence| (one.name.clone(), one.downloads);
    strategies.iter().find_map(|other| {
        let mut all = strategies.iter();
        let first = all.find(|first| first.policy == other.policy)?;
        (!first.downloads.is_comparable_to(&other.downloads)).then(|| Reason::WorkDiffers {
            one: counts(first),
            other: counts(other),
        })
    })
}
