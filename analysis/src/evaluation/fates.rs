//! The fates of the trials of a cell, and what the result of each strategy says of them. A fate is all that will happen
//! to one response.

use super::measured_cell::MeasuredStrategy;
use crate::validity::{FateComparison, FatesDigest, PlannedFates, compare_fates};

/// What can be compared of the trials of each strategy, in the order of the strategies: only the fates that every trial
/// has.
pub(super) fn compare(strategies: &[MeasuredStrategy]) -> Vec<Vec<FateComparison>> {
    let mut all = Vec::new();
    for strategy in strategies {
        for trial in &strategy.trials {
            let fates = PlannedFates::from_records(&trial.measured.records);
            all.push(if strategy.compares_first_attempts_only {
                fates.first_attempts_only()
            } else {
                fates
            });
        }
    }
    let mut compared = compare_fates(&all).into_iter();
    let strategies = strategies.iter();
    strategies
        .map(|one| compared.by_ref().take(one.trials.len()).collect())
        .collect()
}

/// The digest that all rounds of a strategy share; if the digests differ, one that differs from the smallest, so that
/// strategies with different rounds do not appear equal.
pub(super) fn common_digest(compared: &[FateComparison]) -> Option<FatesDigest> {
    let digests = compared.iter().filter_map(|one| one.digest.clone());
    let mut digests: Vec<_> = digests.collect();
    digests.sort_unstable();
    let first = digests.first()?.clone();
    let other = digests.into_iter().find(|digest| *digest != first);
    Some(other.unwrap_or(first))
}
