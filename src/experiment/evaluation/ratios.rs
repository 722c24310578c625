//! Ratios of wall times between the strategies of a cell.

use flagpole_analysis::comparison::{Ratio, StrategyResult};
use flagpole_analysis::stats::{ComparisonCount, MIN_ROUNDS, RatioEstimate};
use std::collections::BTreeMap;

/// Adds to each strategy its speedup over the first strategy of the experiment, which is the reference, and its ratio to
/// the fastest strategy, each only if the downloads of both ended alike (shares within 1%); otherwise the name of the
/// first of the two that it cannot be compared with.
pub(crate) fn add(strategies: &mut [StrategyResult]) {
    let all = strategies.to_vec();
    let Some((first, fastest)) = all.first().zip(fastest(&all)) else {
        return;
    };
    for strategy in strategies {
        let downloads = strategy.downloads();
        let is_comparable = |other: &StrategyResult| other.downloads().is_comparable_to(&downloads);
        let mut others = [first, fastest].into_iter();
        let incomparable = others.find(|other| !is_comparable(other));
        strategy.incomparable_to = incomparable.map(|other| other.name.clone());
        if is_comparable(first) {
            strategy.speedup = ratio(first, strategy, &first.name);
        }
        if strategy.name != fastest.name && is_comparable(fastest) {
            strategy.ratio_to_fastest = ratio(strategy, fastest, &fastest.name);
        }
    }
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
    comparable.min_by_key(|one| one.wall_us.median)
}

/// The wall time of `one` divided by that of `other`: paired by round, or the ratio of the medians if there are too few
/// rounds. `to` is the name of the strategy that the ratio refers to. `None` if the median of `other` is 0 µs.
fn ratio(one: &StrategyResult, other: &StrategyResult, to: &str) -> Option<Ratio> {
    let rounds = other.rounds.iter();
    let walls: BTreeMap<_, _> = rounds.map(|round| (round.round, round.wall_us)).collect();
    let pairs = one.rounds.iter().filter_map(|round| {
        let other_us = *walls.get(&round.round)?;
        Some((round.wall_us as f64, other_us as f64))
    });
    let (ones, others): (Vec<_>, Vec<_>) = pairs.unzip();
    let ratio_of_medians = one.wall_us.median as f64 / other.wall_us.median as f64;
    let is_itself = one.name == other.name;
    let estimate = (ones.len() >= MIN_ROUNDS && !is_itself)
        .then(|| RatioEstimate::paired(&ones, &others, ComparisonCount::ONE).ok())
        .flatten();
    ratio_of_medians.is_finite().then(|| match estimate {
        Some(estimate) => Ratio::from_estimate(to, &estimate),
        None => Ratio::without_interval(to, ratio_of_medians),
    })
}
