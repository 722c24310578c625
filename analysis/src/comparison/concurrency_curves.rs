//! The curves of goodput by concurrency that a grid of cells has.

use super::concurrency_curve::{ConcurrencyCurve, ConcurrencyPoint, Knee};
use super::document::{Cell, Comparison, MAX_CONCURRENCY};
use super::strategy_result::StrategyResult;
use std::collections::BTreeMap;

impl Comparison {
    /// A curve of goodput (successful downloads per second) by concurrency for each strategy in cells that differ only in
    /// their concurrency. A strategy whose concurrency is fixed, such as `sequential`, has none.
    pub fn measured_curves(&self) -> Vec<ConcurrencyCurve> {
        let varying = self.varying();
        let mut curves: BTreeMap<(String, &str), Vec<ConcurrencyPoint>> = BTreeMap::new();
        for cell in &self.cells {
            let others = cell.describe(|name| name != MAX_CONCURRENCY && varying.contains(&name));
            for strategy in &cell.strategies {
                let curve = curves.entry((others.clone(), &strategy.name)).or_default();
                curve.push(ConcurrencyPoint {
                    concurrency: cell.curve_concurrency(strategy),
                    goodput: strategy.goodput_per_s,
                });
            }
        }
        let curves = curves.into_iter();
        let curves = curves.filter_map(|((conditions, strategy), points)| {
            Some(ConcurrencyCurve {
                strategy: strategy.to_owned(),
                conditions,
                knee: Knee::from_points(&points)?,
                points,
            })
        });
        curves.collect()
    }
}

impl Cell {
    /// At which concurrency a strategy stands in a curve: its own, and that of the cell for a program, because how many requests
    /// a program had in flight at most varies by chance.
    pub(crate) fn curve_concurrency(&self, strategy: &StrategyResult) -> usize {
        let asked = self.condition(MAX_CONCURRENCY).parse();
        match (&strategy.program, asked) {
            (Some(_), Ok(asked)) => asked,
            _ => strategy.concurrency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::{ProgramFigures, Spread};
    use crate::program::ProgramBehaviour;
    use crate::test_runs::{cell, comparison};

    /// Cells with `-c 1,3,6`, in which a strategy has this concurrency, and a program had at most 2 requests in flight.
    fn grid() -> Comparison {
        let cells = [1, 3, 6].map(|asked| {
            let mut cell = cell(&[("sequential", 2.0), ("async", 1.0), ("tool", 1.0)], 5);
            cell.conditions = vec![(MAX_CONCURRENCY.to_owned(), asked.to_string())];
            cell.strategies[0].concurrency = 1;
            cell.strategies[1].concurrency = asked;
            cell.strategies[2].concurrency = asked.min(2);
            cell.strategies[2].program = Some(ProgramFigures {
                asked_concurrency: Some(6),
                command: "tool".to_owned(),
                process_us: Spread::from_values([1].into_iter()).unwrap(),
                behaviour: ProgramBehaviour::default(),
            });
            for strategy in &mut cell.strategies {
                strategy.goodput_per_s = 1.0;
            }
            cell
        });
        comparison(cells.into())
    }

    #[test]
    fn curves_begin_at_concurrency_1_and_those_of_programs_are_by_what_was_asked() {
        let curves = grid().measured_curves();
        let points = curves.iter().map(|curve| {
            let concurrencies = curve.points.iter().map(|point| point.concurrency);
            (curve.strategy.as_str(), concurrencies.collect::<Vec<_>>())
        });
        assert_eq!(
            points.collect::<Vec<_>>(),
            [("async", vec![1, 3, 6]), ("tool", vec![1, 3, 6])]
        );
    }
}
