//! `async`: one event loop on one thread, with a task for each concurrency slot in use. A connection costs the memory of
//! a task and no context switch, but the strategy uses at most one core.

use super::strategy_trait::Strategy;
use crate::execution::event_loop::runtime::{block_on_run, current_thread};
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;

/// The strategy `async`.
#[derive(Debug)]
pub struct EventLoopStrategy;

impl Strategy for EventLoopStrategy {
    fn name(&self) -> &'static str {
        "async"
    }

    fn about(&self) -> &'static str {
        "one event loop on one thread, one task per download in flight; uses one core"
    }

    /// The concurrency of the article's asynchronous program.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(5)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        block_on_run(&current_thread()?, run, run.concurrency.get(), None)
    }
}
