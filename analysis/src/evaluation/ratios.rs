//! Ratios of wall times between the strategies of a cell.

#[cfg(test)]
mod tests;

use crate::comparison::{Ratio, StrategyResult};
use crate::stats::ComparisonCount;
use std::collections::BTreeMap;

/// Adds to each strategy its ratios to all others whose downloads ended alike (shares within 1%). Returns the name of
/// the reference, to which a report relates all times: `named`, if there is a result of that name, otherwise the
/// fastest strategy.
///
/// The intervals of the ratios to a named reference hold together; all others hold together with those of all pairs,
/// because the fastest strategy, and the pair that somebody looks at, are chosen by the data.
pub(super) fn add(strategies: &mut [StrategyResult], named: Option<&str>) -> Option<String> {
    let all = strategies.to_vec();
    let named = named.and_then(|name| all.iter().find(|one| one.name == name));
    let comparisons = |one: &StrategyResult, other: &StrategyResult| {
        let is_named = |strategy: &StrategyResult| named.is_some_and(|it| it.name == strategy.name);
        if is_named(one) || is_named(other) {
            ComparisonCount::with_reference(all.len())
        } else {
            ComparisonCount::all_pairs(all.len())
        }
    };
    for strategy in strategies {
        let others = all.iter().filter(|other| {
            let is_comparable = other.downloads().is_comparable_to(&strategy.downloads());
            is_comparable && other.name != strategy.name
        });
        let ratios =
            others.filter_map(|other| ratio(strategy, other, comparisons(strategy, other)));
        strategy.ratios = ratios.collect();
    }
    Some(named.or_else(|| fastest(&all))?.name.clone())
}

/// The fastest of the strategies whose downloads ended like those of the strategy that completed the most. The others
/// are omitted, because a strategy ends early if its downloads fail.
fn fastest(strategies: &[StrategyResult]) -> Option<&StrategyResult> {
    let completed = |one: &StrategyResult| one.downloads().completed_share();
    let most = strategies
        .iter()
        .max_by(|one, other| completed(one).total_cmp(&completed(other)))?
        .downloads();
    let comparable = strategies
        .iter()
        .filter(|one| one.downloads().is_comparable_to(&most));
    comparable.min_by(|one, other| one.wall_us.mean.total_cmp(&other.wall_us.mean))
}

/// The ratio of `one` to `other` over the rounds that both have.
fn ratio(
    one: &StrategyResult,
    other: &StrategyResult,
    comparisons: ComparisonCount,
) -> Option<Ratio> {
    let rounds = other.rounds.iter();
    let walls: BTreeMap<_, _> = rounds.map(|round| (round.round, round.wall_us)).collect();
    let pairs = one.rounds.iter().filter_map(|round| {
        let other_us = *walls.get(&round.round)?;
        Some((round.wall_us as f64, other_us as f64))
    });
    let (ones, others): (Vec<_>, Vec<_>) = pairs.unzip();
    Ratio::from_paired_rounds(&other.name, &ones, &others, comparisons)
}
