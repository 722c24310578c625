//! Evaluates the trials of a cell, which is one combination of conditions of an experiment.

use crate::experiment::evaluation::plan_predictor::PlanPredictor;
use crate::experiment::evaluation::{ratios, validity};
use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::conditions::CellConditions;
use crate::experiment::runner::environment::usable_cores;
use anyhow::Result;
use flagpole_analysis::bottleneck::{Bottleneck, ObservedRun};
use flagpole_analysis::bound::{BoundTerms, ServerLimits, ServerRate};
use flagpole_analysis::comparison::{Cell, StrategyResult, Trial, median_trial};
use flagpole_analysis::report::timeline;
use flagpole_server::config::listener::Listener;
use std::collections::HashMap;
use std::time::Duration;

/// The size of a timeline, in characters.
const WIDTH: usize = 60;
const HEIGHT: usize = 6;

/// The results of all strategies, and the verdict.
pub(crate) fn evaluate_cell(conditions: &CellConditions<'_>, mut cell: CellTrials) -> Result<Cell> {
    let listener = conditions.listener()?;
    let limits = listener
        .as_ref()
        .map_or_else(ServerLimits::default, server_limits);
    use_unmeasured_trials(&mut cell);
    if let Some(listener) = &listener {
        let predictor = PlanPredictor::new(conditions.experiment.seed.0, listener)?;
        let trials = cell.trials.iter_mut().flatten();
        let records = trials.flat_map(|trial| &mut trial.measured.records);
        records.for_each(|record| predictor.complete(record));
    }
    let mut strategies = Vec::new();
    for (variant, trials) in conditions.variants.iter().zip(&mut cell.trials) {
        for trial in trials.iter_mut() {
            trial.terms = BoundTerms::for_run(&trial.measured, limits);
        }
        let Some(mut strategy) = StrategyResult::from_trials(&variant.name, trials) else {
            continue;
        };
        strategy.bottleneck = median_trial(trials).map(|median| bottleneck(median, limits));
        strategies.push(strategy);
    }
    ratios::add(&mut strategies);
    add_timelines(&mut strategies, conditions, &cell);
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

fn bottleneck(trial: &Trial, limits: ServerLimits) -> Bottleneck {
    let (measured, cpu) = (&trial.measured, trial.resource_usage.cpu_us());
    Bottleneck::for_run(&ObservedRun {
        records: &measured.records,
        concurrency: measured.concurrency,
        wall: measured.wall,
        timeout: measured.timeout,
        limits,
        cpu: (cpu > 0).then(|| Duration::from_micros(cpu)),
        cores: usable_cores(trial),
    })
}

/// Adds a timeline to each strategy, all with the same time scale.
fn add_timelines(
    strategies: &mut [StrategyResult],
    conditions: &CellConditions<'_>,
    cell: &CellTrials,
) {
    let trials = conditions.variants.iter().zip(&cell.trials);
    let medians = trials.filter_map(|(variant, trials)| {
        Some((&variant.name, &median_trial(trials)?.measured.records))
    });
    let medians: HashMap<_, _> = medians.collect();
    let records = medians.values().copied().flatten();
    let span = records.map(|record| record.done).max().unwrap_or_default();
    for strategy in strategies {
        if let Some(records) = medians.get(&strategy.name) {
            strategy.timeline = timeline(records, span, WIDTH, HEIGHT);
        }
    }
}

/// If no measured round has a trial, uses the trials of the warm-up round and the aborted trial.
fn use_unmeasured_trials(cell: &mut CellTrials) {
    if !cell.trials.iter().all(Vec::is_empty) {
        return;
    }
    for (index, trial) in cell.unmeasured.drain(..) {
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
