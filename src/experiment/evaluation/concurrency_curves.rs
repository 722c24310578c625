//! Curves of goodput (successful downloads per second) against concurrency.

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use flagpole_analysis::comparison::{Cell, ConcurrencyCurve, ConcurrencyPoint, Knee};
use std::collections::BTreeMap;

/// A curve for each strategy in cells that differ only in their concurrency.
pub(crate) fn concurrency_curves(cells: &[Cell]) -> Vec<ConcurrencyCurve> {
    let mut curves: BTreeMap<(String, &str), Vec<ConcurrencyPoint>> = BTreeMap::new();
    for cell in cells {
        let others = cell.describe(|name| name != MAX_CONCURRENCY);
        for strategy in cell.strategies.iter().filter(|one| one.concurrency > 1) {
            let curve = curves.entry((others.clone(), &strategy.name)).or_default();
            curve.push(ConcurrencyPoint {
                concurrency: strategy.concurrency,
                goodput: strategy.goodput(),
            });
        }
    }
    let curves = curves
        .into_iter()
        .filter_map(|((conditions, strategy), points)| {
            Some(ConcurrencyCurve {
                strategy: strategy.to_owned(),
                conditions,
                knee: Knee::from_points(&points)?,
                points,
            })
        });
    curves.collect()
}
