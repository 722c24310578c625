//! Runs the rounds of a cell: every strategy once per round, with the same fates.

use super::abort_reason::AbortReason;
use super::cell_run::CellRun;
use super::conditions::CellConditions;
use super::progress::Progress;
use super::round::Round;
use crate::process::server_process::ServerProcess;
use crate::process::trial_process::Interrupt;
use anyhow::Result;

/// Runs the warm-up round and all measured rounds, until one is aborted.
pub(crate) fn run(
    conditions: &CellConditions<'_>,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<CellRun> {
    let mut run = CellRun::empty(conditions.variants.len());
    if interrupt.is_requested() {
        run.abort_reason = Some(AbortReason::interrupted());
        return Ok(run);
    }
    let seed = conditions.experiment.seed.0.0;
    let mut server = match conditions.listener()? {
        Some(listener) => Some(ServerProcess::start(&listener, seed)?),
        None => None,
    };
    for number in 0..=conditions.experiment.rounds.get() {
        let round = Round {
            number,
            conditions,
            interrupt,
        };
        run.abort_reason = round.run(&mut server, &mut run, progress);
        if run.abort_reason.is_some() {
            break;
        }
    }
    match server.map(ServerProcess::stop) {
        Some(Ok(ledger)) => run.server = Some(ledger),
        Some(Err(error)) => {
            let reason = run.abort_reason.take();
            run.abort_reason = reason.or(Some(AbortReason::from_error(&error)));
        }
        None => {}
    }
    Ok(run)
}
