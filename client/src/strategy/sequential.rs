//! `sequential`: one download at a time on one connection. This strategy waits for every response before it sends the
//! next request; the other strategies are measured against it.

use super::strategy_trait::{Strategy, check_transport};
use crate::execution::{blocking_scheduler::BlockingScheduler, run_state::RunState};
use crate::{Concurrency, Run, RunError, execution::worker::run_worker};
use flagpole_protocol::RunStats;

/// The strategy `sequential`.
pub(super) struct Sequential;

impl Strategy for Sequential {
    fn name(&self) -> &'static str {
        "sequential"
    }

    fn about(&self) -> &'static str {
        "one download at a time on one connection; slowest, cheapest"
    }

    fn default_concurrency(&self) -> Concurrency {
        Concurrency::ONE
    }

    fn is_concurrent(&self) -> bool {
        false
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        check_transport(self, run)?;
        let run = &run.clone().concurrency(Concurrency::ONE);
        let scheduler = BlockingScheduler::new(RunState::start(run)?, 1);
        let stats = scheduler.with_cancellation(|| run_worker(run, &scheduler, 1));
        Ok(scheduler.run_state.total_stats(run, *stats))
    }
}
