//! `sequential`: one download after the other over one connection. It waits for the server all the
//! time, which is what the others are measured against.

use super::Strategy;
use crate::execution::blocking_scheduler::BlockingScheduler;
use crate::execution::session::RunState;
use crate::execution::worker::work;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;

/// The strategy.
#[derive(Debug)]
pub struct Sequential;

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
        let pool = BlockingScheduler::new(RunState::start(run, 1)?);
        let tally = pool.open(|| work(run, &pool, 0))?;
        Ok(pool.session.close(run, *tally))
    }
}
