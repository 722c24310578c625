//! `per-core`: one event loop per core, each with its own connections and its share of the concurrency. The loops
//! share only the scheduler, so that no task moves between cores; but an idle loop cannot use a connection of a busy
//! loop.

use super::strategy_trait::Strategy;
use crate::execution::event_loop::{attempt_loop::AttemptLoop, run::start_runtime};
use crate::execution::{run_state::RunState, worker::run_on_threads};
use crate::{Run, RunError, TransportKind};
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
        let shares: Vec<_> = shares(concurrency, cores.min(max_in_flight)).collect();
        let loops = AttemptLoop::for_shares(run, &run_state, &shares)?;
        // A core for each loop if there are as many loops as cores: the scheduler of the system sometimes puts two
        // loops on one core.
        let available = affinity::available();
        let pins = available.len() == loops.len();
        let stats = run_on_threads(run, loops.len(), ("event-loop", STACK_SIZE), |index| {
            if pins {
                affinity::pin_to(available[index]);
            }
            let runtime = start_runtime(&mut Builder::new_current_thread())?;
            Ok(Box::new(loops[index].block_on(&runtime, run)))
        })?;
        Ok(run_state.total_stats(run, stats))
    }
}

/// The concurrency, divided as evenly as possible.
fn shares(concurrency: usize, loops: usize) -> impl Iterator<Item = usize> {
    (0..loops).map(move |index| (concurrency + loops - 1 - index) / loops)
}

/// Pins threads to the cores that this process may run on (CPU affinity).
#[cfg(target_os = "linux")]
mod affinity {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The numbers of the cores that the calling thread may run on; empty if unknown.
    pub(super) fn available() -> Vec<usize> {
        let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        let cores = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
        cores.collect()
    }

    /// Keeps the calling thread on this core. An error is ignored, because the thread would only be slower.
    pub(super) fn pin_to(core: usize) {
        let mut only = CpuSet::new();
        only.set(core);
        let _ = sched_setaffinity(None, &only);
    }
}

/// Known on Linux only.
#[cfg(not(target_os = "linux"))]
mod affinity {
    pub(super) fn available() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn pin_to(_: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_none_is_zero() {
        for (concurrency, loops) in [(1, 1), (7, 2), (32, 3), (1000, 64), (5, 5)] {
            let shares: Vec<_> = shares(concurrency, loops).collect();
            assert_eq!((shares.len(), shares.iter().sum()), (loops, concurrency));
            assert!(shares.iter().all(|share| *share > 0));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pinning_moves_only_the_calling_thread() {
        let cores = affinity::available();
        let last = *cores.last().unwrap();
        let pinned = std::thread::spawn(move || {
            affinity::pin_to(last);
            affinity::available()
        });
        assert_eq!(pinned.join().unwrap(), [last]);
        assert_eq!(affinity::available(), cores);
    }
}
