//! The fates of the trials of a cell, and what the result of each strategy says of them. A fate is all that will happen
//! to one response.

use super::measured_cell::MeasuredCell;
use crate::comparison::{StrategyResult, Trial};
use crate::validity::{
    ComparedBodies, FateComparison, PlannedFates, RoundDigests, common_digest, compare_fates,
};
use flagpole_protocol::{Outcome, ShortDigest};
use std::collections::BTreeMap;

/// What can be compared of the trials of each strategy, in the order of the strategies: only the fates that every trial
/// has, and no fates if no delays are known. Nothing is compared of a trial that was interrupted.
pub(super) fn compare(cell: &MeasuredCell) -> Vec<Vec<FateComparison>> {
    let mut all = Vec::new();
    for strategy in &cell.strategies {
        for trial in strategy.trials.iter().filter(|one| !is_interrupted(one)) {
            let fates = PlannedFates::from_records(&trial.measured.records);
            all.push(if strategy.compares_first_attempts_only {
                fates.first_attempts_only()
            } else {
                fates
            });
        }
    }
    let mut compared = compare_fates(&all);
    if has_unknown_delays(cell) {
        for one in &mut compared {
            (one.digest, one.attempts) = (None, 0);
        }
    }
    let mut compared = compared.into_iter();
    let mut of_trial = |trial: &Trial| {
        let next = (!is_interrupted(trial)).then(|| compared.next());
        next.flatten().unwrap_or_default()
    };
    let strategies = cell.strategies.iter();
    strategies
        .map(|one| one.trials.iter().map(&mut of_trial).collect())
        .collect()
}

/// Whether the downloads of a trial did not all end, so that it met only some of the fates.
fn is_interrupted(trial: &Trial) -> bool {
    let measured = &trial.measured;
    let mut outcomes = measured.records.iter().map(|record| &record.outcome);
    measured.stats.unstarted > 0 || outcomes.any(|outcome| *outcome == Outcome::Cancelled)
}

/// Whether an external server responded, and reported the delay of no response. If it reports some, it did not delay the
/// others. The delays of flagpole's own server are known.
pub(super) fn has_unknown_delays(cell: &MeasuredCell) -> bool {
    let trials = || cell.strategies.iter().flat_map(|one| &one.trials);
    let records = || trials().flat_map(|trial| &trial.measured.records);
    cell.server.is_none()
        && records().any(|record| record.status.is_some())
        && records().all(|record| record.timing.is_none())
}

/// Adds what was compared to the result of a strategy. Returns the digests of the fates, and the bodies, by round.
pub(super) fn add(
    trials: &[Trial],
    compared: &[FateComparison],
    result: &mut StrategyResult,
) -> (RoundDigests, BTreeMap<usize, ComparedBodies>) {
    let sum = |of: fn(&FateComparison) -> usize| compared.iter().map(of).sum::<usize>() as u64;
    result.fates_compared = sum(|one| one.attempts);
    result.timing_dependent = sum(|one| one.timing_dependent);
    let rounds = || trials.iter().map(|trial| trial.round).zip(compared);
    let fates: RoundDigests = rounds()
        .filter_map(|(round, one)| Some((round, one.digest?)))
        .collect();
    let bodies: BTreeMap<_, _> = rounds()
        .filter_map(|(round, one)| Some((round, one.bodies?)))
        .collect();
    let body_digests = bodies
        .iter()
        .map(|(round, bodies)| (*round, bodies.digest))
        .collect();
    let text = |digest: Option<ShortDigest>| digest.map(|digest| digest.to_string());
    result.fates_digest = text(common_digest(&fates));
    result.bodies_digest = text(common_digest(&body_digests));
    for round in &mut result.rounds {
        round.fates_digest = text(fates.get(&round.round).copied());
        round.bodies_digest = text(body_digests.get(&round.round).copied());
    }
    (fates, bodies)
}
