//! Evaluates the trials of a cell, which is one combination of conditions of an experiment.

use crate::experiment::evaluation::plan_predictor::PlanPredictor;
use crate::experiment::evaluation::{bottlenecks, ratios, timelines, validity};
use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::conditions::CellConditions;
use anyhow::Result;
use flagpole_analysis::bound::{BoundTerms, ServerLimits, ServerRate};
use flagpole_analysis::comparison::{Cell, StrategyResult, Trial};
use flagpole_server::config::listener::Listener;

/// The results of all strategies, and the verdict.
pub(crate) fn evaluate_cell(conditions: &CellConditions<'_>, mut cell: CellTrials) -> Result<Cell> {
    let listener = conditions.listener()?;
    let limits = listener
        .as_ref()
        .map_or_else(ServerLimits::default, server_limits);
    use_unmeasured_trials(&mut cell);
    if let Some(listener) = &listener {
        let predictor = PlanPredictor::new(conditions.experiment.seed(), listener)?;
        let trials = cell.trials.iter_mut().flatten();
        let records = trials.flat_map(|trial| &mut trial.measured.records);
        records.for_each(|record| predictor.complete(record));
    }
    let mut strategies = Vec::new();
    for (variant, trials) in conditions.variants.iter().zip(&mut cell.trials) {
        let timeout = variant.policy()?.timeouts.total;
        for trial in trials.iter_mut() {
            let measured = &trial.measured;
            trial.terms =
                BoundTerms::for_attempts(&measured.records, measured.concurrency, timeout, limits);
        }
        let trials: Vec<&Trial> = trials.iter().collect();
        if let Some(mut strategy) = StrategyResult::from_trials(&variant.name, &trials) {
            strategy.bottleneck = bottlenecks::bottleneck(&trials, timeout, limits);
            strategies.push(strategy);
        }
    }
    ratios::add(&mut strategies);
    timelines::add(&mut strategies, conditions, &cell);
    let verdict = validity::verdict(conditions, &cell, &mut strategies)?;
    Ok(Cell {
        conditions: conditions.as_pairs(listener.as_ref()),
        rounds: cell.trials.iter().map(Vec::len).max().unwrap_or(0),
        order: cell.order,
        strategies,
        server: cell.server,
        verdict,
    })
}

/// If no measured round has a trial, uses the trials of the warm-up round and the aborted trial.
fn use_unmeasured_trials(cell: &mut CellTrials) {
    if !cell.trials.iter().all(Vec::is_empty) {
        return;
    }
    let trials = cell.warm_up.drain(..).chain(cell.aborted_trial.take());
    for (index, trial) in trials {
        if cell.trials[index].is_empty() && trial.measured.stats.attempts() > 0 {
            cell.trials[index].push(trial);
        }
    }
}

fn server_limits(listener: &Listener) -> ServerLimits {
    ServerLimits {
        concurrency: listener.concurrency_limit.map(|limit| limit as usize),
        rate: listener.rate_limit.map(|limit| ServerRate {
            per_second: limit.per_second(),
            burst: limit.burst().into(),
        }),
    }
}
