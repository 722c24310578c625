//! Timelines (text drawings of when attempts ran) of the rounds with the median wall time.

use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::conditions::CellConditions;
use flagpole_analysis::comparison::{StrategyResult, Trial, median_trial};
use flagpole_analysis::report::timeline::timeline;

/// The size of a timeline, in characters.
const WIDTH: usize = 60;
const HEIGHT: usize = 6;

/// Adds a timeline to each strategy, all with the same time scale.
pub(crate) fn add(
    strategies: &mut [StrategyResult],
    conditions: &CellConditions<'_>,
    cell: &CellTrials,
) {
    let trials = conditions.variants.iter().zip(&cell.trials);
    let medians = trials.filter_map(|(variant, trials)| {
        let trials: Vec<&Trial> = trials.iter().collect();
        Some((&variant.name, &median_trial(&trials)?.measured.records))
    });
    let medians: Vec<_> = medians.collect();
    let records = medians.iter().flat_map(|(_, records)| records.iter());
    let span = records.map(|record| record.done).max().unwrap_or_default();
    for strategy in strategies {
        let median = medians.iter().find(|(name, _)| **name == strategy.name);
        if let Some((_, records)) = median {
            strategy.timeline = timeline(records, span, WIDTH, HEIGHT);
        }
    }
}
