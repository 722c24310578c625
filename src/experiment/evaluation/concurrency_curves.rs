//! Curves of goodput (successful downloads per second) against concurrency.

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use flagpole_analysis::comparison::concurrency_curve::{ConcurrencyPoint, Knee};
use flagpole_analysis::comparison::{Cell, ConcurrencyCurve};
use std::collections::BTreeMap;

/// The conditions other than the concurrency, and the strategy.
type CurveKey<'a> = (Vec<&'a (String, String)>, &'a str);

/// A curve for each strategy in cells that differ only in their concurrency.
pub(crate) fn concurrency_curves(cells: &[Cell]) -> Vec<ConcurrencyCurve> {
    let mut curves: BTreeMap<CurveKey<'_>, Vec<ConcurrencyPoint>> = BTreeMap::new();
    for cell in cells {
        let conditions = cell.conditions.iter();
        let others: Vec<_> = conditions
            .filter(|(name, _)| name != MAX_CONCURRENCY)
            .collect();
        let strategies = cell.strategies.iter();
        for strategy in strategies.filter(|strategy| strategy.concurrency > 1) {
            let curve = curves.entry((others.clone(), &strategy.name)).or_default();
            curve.push(ConcurrencyPoint {
                concurrency: strategy.concurrency,
                goodput: strategy.goodput(),
            });
        }
    }
    let curves = curves.into_iter();
    curves
        .filter_map(|((conditions, strategy), points)| {
            let conditions = conditions.iter();
            let conditions = conditions.map(|(name, value)| format!("{name} {value}"));
            Some(ConcurrencyCurve {
                strategy: strategy.to_owned(),
                conditions: conditions.collect::<Vec<_>>().join(", "),
                knee: Knee::from_points(&points)?,
                points,
            })
        })
        .collect()
}
