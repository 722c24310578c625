//! Goodput against concurrency.

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use flagpole_analysis::comparison::concurrency_curve::{Point, knee};
use flagpole_analysis::report::{Cell, ConcurrencyCurve};
use std::collections::BTreeMap;

/// A curve for each strategy in cells that differ only in their concurrency.
pub(crate) fn concurrency_curves(cells: &[Cell]) -> Vec<ConcurrencyCurve> {
    let mut curves: BTreeMap<(String, &str), Vec<Point>> = BTreeMap::new();
    for cell in cells {
        let conditions = cell.conditions.iter();
        let others: Vec<_> = conditions
            .filter(|(name, _)| name != MAX_CONCURRENCY)
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let others = others.join(", ");
        for row in cell.rows.iter().filter(|row| row.concurrency > 1) {
            let curve = curves.entry((others.clone(), &row.strategy)).or_default();
            curve.push(Point {
                lanes: row.concurrency,
                goodput: row.goodput(),
            });
        }
    }
    let curves = curves.into_iter();
    curves
        .filter_map(|((conditions, strategy), points)| {
            Some(ConcurrencyCurve {
                strategy: strategy.to_owned(),
                conditions,
                knee: knee(&points)?,
                points,
            })
        })
        .collect()
}
