//! Measures all cells of an experiment, one after the other. A cell is one combination of a latency and a concurrency.

use super::evaluation::evaluate_cell::evaluate_cell;
use super::evaluation::exit_reasons;
use super::runner::cell::{CellTrials, run_cell};
use super::runner::failure::Failure;
use super::runner::live_comparison::LiveComparison;
use super::runner::progress::{Progress, progress_steps};
use super::runner::record_log::RecordLog;
use super::runner::{environment, overhead};
use super::spec::experiment::Experiment;
use crate::output;
use crate::process::trial_process::Interrupt;
use anyhow::Result;
use flagpole_analysis::comparison::{Comparison, SCHEMA};
use flagpole_protocol::ServerIdentity;
use flagpole_server::RunPage;

/// A comparison without its baseline and thresholds.
pub(crate) struct MeasuredGrid {
    pub(crate) comparison: Comparison,
    /// Whether there were unexpected errors.
    pub(crate) has_failed: bool,
}

/// Measures every cell, until one is aborted. `server` is the external server, if it is flagpole.
pub(crate) fn measure(
    experiment: &Experiment,
    server: Option<&ServerIdentity>,
    interrupt: &Interrupt,
    records: &mut RecordLog,
    live: Option<&RunPage>,
) -> Result<MeasuredGrid> {
    let environment = environment::environment(server);
    let variants = experiment.strategy_variants()?;
    let cells = experiment.cells(&variants, server);
    let mut steps = Vec::new();
    for conditions in &cells {
        steps.extend(progress_steps(conditions)?);
    }
    let live = live.map(|page| LiveComparison::start(page, &cells));
    let mut progress = Progress::new(steps, live.transpose()?);
    if let Some(announcement) = progress.announcement() {
        output::note(&format!("flagpole: {announcement}"));
    }
    let overhead = if overhead::is_measured(experiment, progress.estimate()) {
        progress.show("Measuring overhead".to_owned());
        overhead::measure(interrupt)?
    } else {
        None
    };
    let mut grid = MeasuredGrid {
        comparison: Comparison {
            schema: SCHEMA,
            experiment: serde_json::to_value(experiment)?,
            environment,
            measurement_overhead: overhead,
            cells: Vec::new(),
            concurrency_curves: Vec::new(),
            thresholds: Vec::new(),
            baseline: Vec::new(),
            skipped: Vec::new(),
        },
        has_failed: false,
    };
    for conditions in &cells {
        let cell = match run_cell(conditions, interrupt, &mut progress, records) {
            // Keeps the cells that have been measured.
            Err(error) if !grid.comparison.cells.is_empty() => {
                CellTrials::empty(variants.len(), Some(Failure::from_error(&error)))
            }
            result => result?,
        };
        let is_aborted = cell.abort_reason.is_some();
        grid.has_failed |= exit_reasons::has_unexpected_errors(&cell, experiment.url.is_none());
        let cell = evaluate_cell(
            conditions,
            grid.comparison.measurement_overhead.as_ref(),
            cell,
        )?;
        grid.comparison.cells.push(cell);
        if is_aborted {
            break;
        }
    }
    progress.clear();
    grid.comparison.concurrency_curves = grid.comparison.measured_curves();
    Ok(grid)
}
