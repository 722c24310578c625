//! `async-multi`: tasks on tokio's work-stealing runtime, which has a thread a core. It uses all cores;
//! what it costs is that tasks, and what they wake, move between threads.

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
pub struct AsyncMulti;

impl Strategy for AsyncMulti {
    fn name(&self) -> &'static str {
        "async-multi"
    }

    fn about(&self) -> &'static str {
        "tasks on a work-stealing runtime, one thread per core; costs hand-overs between threads"
    }

    /// As many as `threads`: it is for those for whom one core is not enough.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn takes_any_transport(&self) -> bool {
        false
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // Made first, thus dropped last: the connections are registered with it.
        let runtime = Builder::new_multi_thread()
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
