//! `threads`: a fixed number of OS threads take attempts from the scheduler. Each thread has a connection of its own, and
//! costs its stack and a context switch for every wait.

use super::strategy_trait::{Strategy, check_transport};
use crate::execution::worker::{STACK_SIZE, run_on_threads, run_worker};
use crate::execution::{blocking_scheduler::BlockingScheduler, run_state::RunState};
use crate::{Run, RunError};
use flagpole_protocol::RunStats;

/// The strategy `threads`.
pub(super) struct Threads;

impl Strategy for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn about(&self) -> &'static str {
        "a pool of OS threads, one connection each; costs one stack per thread"
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        check_transport(self, run)?;
        // If one thread fails, the child token cancels the others; the caller's token stays as it is.
        let run = &run.with_child_token();
        let scheduler = BlockingScheduler::new(RunState::start(run)?, usize::MAX);
        let threads = scheduler.thread_count();
        let work = |index| Ok(run_worker(run, &scheduler, index + 1));
        let stats = scheduler
            .with_cancellation(|| run_on_threads(run, threads, ("worker", STACK_SIZE), work))?;
        Ok(scheduler.run_state.total_stats(run, stats))
    }
}
