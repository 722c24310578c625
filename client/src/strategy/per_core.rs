//! `per-core`: one event loop per core, each with its own connections and its share of the concurrency. The loops
//! share only the scheduler, so that no task moves between cores; but an idle loop cannot use a connection of a busy
//! loop.

use super::strategy_trait::Strategy;
use crate::execution::event_loop::affinity::{cores_for, pin_to};
use crate::execution::event_loop::{attempt_loop::AttemptLoop, run::start_runtime};
use crate::execution::{run_state::RunState, worker::run_on_threads};
use crate::{Run, RunError, Share, TransportKind};
use flagpole_protocol::RunStats;
use std::{num::NonZero, sync::Arc, thread::available_parallelism};
use tokio::runtime::Builder;

/// The size of the stack of a loop's thread, in bytes: that of the standard library.
const STACK_SIZE: usize = 2 << 20;

/// The strategy `per-core`.
pub(super) struct PerCore;

impl Strategy for PerCore {
    fn name(&self) -> &'static str {
        "per-core"
    }

    fn about(&self) -> &'static str {
        "one pinned event loop per core; each has its own connections, all share the downloads"
    }

    fn transports(&self) -> &'static [TransportKind] {
        TransportKind::ALL
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // A token of its own: if one loop fails, the others are cancelled.
        let run = &run.with_child_token();
        let concurrency = run.concurrency.get();
        let run_state = Arc::new(RunState::start(run)?);
        let max_in_flight = run_state.scheduler().max_in_flight();
        let cores = available_parallelism().map_or(1, NonZero::get);
        let count = cores.min(max_in_flight);
        let shares = Share::WHOLE.divided(count);
        let shares = shares.map(|share| share.part_of(concurrency));
        let shares: Vec<_> = shares.collect();
        let loops = AttemptLoop::for_shares(run, &run_state, &shares)?;
        let cores = cores_for(loops.len());
        let stats = run_on_threads(run, loops.len(), ("event-loop", STACK_SIZE), |index| {
            if let Some(cores) = &cores {
                pin_to(cores[index]);
            }
            let runtime = start_runtime(&mut Builder::new_current_thread())?;
            Ok(Box::new(loops[index].block_on(&runtime, run)?))
        })?;
        Ok(run_state.total_stats(run, stats))
    }
}
