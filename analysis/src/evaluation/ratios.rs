//! Ratios of wall times between the strategies of a cell.

use crate::comparison::{Ratio, StrategyResult};
use crate::stats::{ComparisonCount, MIN_ROUNDS, RatioEstimate};
use std::collections::BTreeMap;

/// Adds to each strategy its ratios to all others whose downloads ended alike (shares within 1%). Returns the name of
/// the reference, to which a report relates all times: `named`, if there is a result of that name, otherwise the
/// fastest strategy.
pub(super) fn add(strategies: &mut [StrategyResult], named: Option<&str>) -> Option<String> {
    let all = strategies.to_vec();
    for strategy in strategies {
        let others = all.iter().filter(|other| {
            let is_comparable = other.downloads().is_comparable_to(&strategy.downloads());
            is_comparable && other.name != strategy.name
        });
        strategy.ratios = others.filter_map(|other| ratio(strategy, other)).collect();
    }
    let named = named.and_then(|name| all.iter().find(|one| one.name == name));
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

/// The wall time of `one` divided by that of `other`: paired by round, or the ratio of the means if there are too few
/// rounds. `None` if that of `other` is 0 µs.
fn ratio(one: &StrategyResult, other: &StrategyResult) -> Option<Ratio> {
    let rounds = other.rounds.iter();
    let walls: BTreeMap<_, _> = rounds.map(|round| (round.round, round.wall_us)).collect();
    let pairs = one.rounds.iter().filter_map(|round| {
        let other_us = *walls.get(&round.round)?;
        Some((round.wall_us as f64, other_us as f64))
    });
    let (ones, others): (Vec<_>, Vec<_>) = pairs.unzip();
    let ratio_of_means = one.wall_us.mean / other.wall_us.mean;
    let estimate = (ones.len() >= MIN_ROUNDS)
        .then(|| RatioEstimate::paired(&ones, &others, ComparisonCount::ONE).ok())
        .flatten();
    ratio_of_means.is_finite().then(|| match estimate {
        Some(estimate) => Ratio::from_estimate(&other.name, &estimate),
        None => Ratio::without_interval(&other.name, ratio_of_means),
    })
}
