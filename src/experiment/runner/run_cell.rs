//! Runs a cell, which is one combination of conditions of an experiment: a server, and rounds in which every strategy
//! runs once. All rounds have the same fates (delays and faults), because the server counts requests from 1 in each
//! trial.

use super::abort_reason::AbortReason;
use super::cell_trials::CellTrials;
use super::conditions::CellConditions;
use super::progress::Progress;
use super::round::Round;
use crate::process::server_process::ServerProcess;
use crate::process::trial_process::Interrupt;
use anyhow::Result;

/// Runs the warm-up round and all measured rounds, until one is aborted.
pub(crate) fn run_cell(
    conditions: &CellConditions<'_>,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<CellTrials> {
    let mut cell = CellTrials::empty(conditions.variants.len());
    if interrupt.is_requested() {
        cell.abort_reason = Some(AbortReason::interrupted());
        return Ok(cell);
    }
    let seed = conditions.experiment.seed();
    // Without a listener, the trials use an external server.
    let mut server = match conditions.listener()? {
        Some(listener) => Some(ServerProcess::start(&listener, seed)?),
        None => None,
    };
    // Round 0 is the warm-up round.
    for number in 0..=conditions.experiment.rounds.get() {
        let round = Round {
            number,
            conditions,
            interrupt,
        };
        cell.abort_reason = round.run(&mut server, &mut cell, progress);
        if cell.abort_reason.is_some() {
            break;
        }
    }
    match server.map(ServerProcess::stop) {
        Some(Ok(summary)) => cell.server = Some(summary),
        Some(Err(error)) => {
            let stop_failed = || AbortReason::from_error(&error);
            cell.abort_reason.get_or_insert_with(stop_failed);
        }
        None => {}
    }
    Ok(cell)
}
