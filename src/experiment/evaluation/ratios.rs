//! Ratios of wall times between the strategies of a cell.

use flagpole_analysis::report::{Ratio, StrategyResult};
use flagpole_analysis::stats::ratio_estimate::{MIN_ROUNDS, RatioEstimate};
use std::collections::BTreeMap;

/// Adds the ratios to the first and to the fastest strategy, if the downloads of both ended alike.
pub(crate) fn add(rows: &mut [StrategyResult]) {
    let all = rows.to_vec();
    let Some((first, fastest)) = all.first().zip(fastest(&all)) else {
        return;
    };
    for row in rows {
        let work = row.work();
        let is_comparable = |other: &StrategyResult| other.work().is_like(&work);
        let mut others = [first, fastest].into_iter();
        let incomparable = others.find(|other| !is_comparable(other));
        row.unlike = incomparable.map(|other| other.strategy.clone());
        if is_comparable(first) {
            row.speedup = ratio(first, row, &first.strategy);
        }
        if row.strategy != fastest.strategy && is_comparable(fastest) {
            row.behind = ratio(row, fastest, &fastest.strategy);
        }
    }
}

/// The fastest of the strategies that did the most work: a strategy that fails ends early.
fn fastest(rows: &[StrategyResult]) -> Option<&StrategyResult> {
    let most = rows.iter().max_by(|one, other| {
        let (one, other) = (one.work().done(), other.work().done());
        one.total_cmp(&other)
    })?;
    let comparable = rows.iter().filter(|row| row.work().is_like(&most.work()));
    comparable.min_by_key(|row| row.wall_us.median)
}

/// The wall time of `one` over that of `other`, paired by round.
fn ratio(one: &StrategyResult, other: &StrategyResult, to: &str) -> Option<Ratio> {
    let walls = |row: &StrategyResult| -> BTreeMap<usize, f64> {
        let rounds = row.rounds.iter();
        rounds
            .map(|round| (round.round, round.wall_us as f64))
            .collect()
    };
    let (one_walls, other_walls) = (walls(one), walls(other));
    let pairs = one_walls
        .iter()
        .filter_map(|(round, wall)| Some((*wall, *other_walls.get(round)?)));
    let (ones, others): (Vec<_>, Vec<_>) = pairs.unzip();
    let medians = one.wall_us.median as f64 / other.wall_us.median as f64;
    let is_itself = one.strategy == other.strategy;
    let estimate = (ones.len() >= MIN_ROUNDS && !is_itself)
        .then(|| RatioEstimate::paired(&ones, &others).ok())
        .flatten();
    medians.is_finite().then(|| Ratio {
        to: to.to_owned(),
        ratio: estimate.map_or(medians, |estimate| estimate.ratio),
        interval: estimate.map(|estimate| [estimate.low, estimate.high]),
        is_difference: estimate.map(|estimate| estimate.is_significant()),
        smallest: estimate.map(|estimate| estimate.minimum_detectable_effect),
    })
}
