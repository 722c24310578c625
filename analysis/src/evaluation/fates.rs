//! The fates of the trials of a cell, and what the result of each strategy says of them. A fate is all that will happen
//! to one response.

use super::measured_cell::MeasuredStrategy;
use crate::comparison::Trial;
use crate::validity::{FateComparison, PlannedFates, RoundDigests, compare_fates};

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

/// The digest of each trial's fates, by round.
pub(super) fn digests(trials: &[Trial], compared: &[FateComparison]) -> RoundDigests {
    let digests = trials.iter().zip(compared);
    let digests = digests.filter_map(|(trial, one)| Some((trial.round, one.digest.clone()?)));
    digests.collect()
}
