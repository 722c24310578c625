//! `async`: one thread, one event loop, and a task for each attempt in flight. It costs a task's small
//! memory a lane and no switch of threads; one core is all it can use.

use super::Strategy;
use crate::execution::event_loop::{EventLoop as Tasks, saver};
use crate::execution::session::RunState;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;
use std::sync::Arc;
use tokio::runtime::Builder;

/// The strategy.
#[derive(Debug)]
pub struct EventLoopStrategy;

impl Strategy for EventLoopStrategy {
    fn name(&self) -> &'static str {
        "async"
    }

    fn about(&self) -> &'static str {
        "one event loop on one thread, one task per download in flight; uses one core"
    }

    /// As many as the book has.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(5)
    }

    fn takes_any_transport(&self) -> bool {
        false
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // Made first, thus dropped last: the connections are registered with it.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(RunError::Runtime)?;
        let lanes = run.concurrency.get();
        let session = Arc::new(RunState::start(run, lanes)?);
        let tasks = Tasks::alone(&session, saver(run)?.as_ref(), lanes);
        let tally = runtime.block_on(tasks.run(run, None));
        Ok(session.close(run, tally))
    }
}
