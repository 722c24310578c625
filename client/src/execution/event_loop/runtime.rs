//! The tokio runtimes of event loops.

use super::attempt_loop::{AttemptLoop, disk_writer};
use super::run::RecordObserver;
use crate::execution::run_state::RunState;
use crate::run::{Run, RunError};
use flagpole_protocol::RunStats;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

/// An event loop for the calling thread.
pub(crate) fn current_thread() -> Result<Runtime, RunError> {
    build(&mut Builder::new_current_thread())
}

/// A work-stealing runtime with a thread per core.
pub(crate) fn multi_thread() -> Result<Runtime, RunError> {
    build(&mut Builder::new_multi_thread())
}

fn build(builder: &mut Builder) -> Result<Runtime, RunError> {
    let runtime = builder.enable_io().enable_time().build();
    runtime.map_err(RunError::Runtime)
}

/// Carries out a run on this runtime. The observer may change the concurrency, up to that of the run.
pub(crate) fn block_on_run(
    runtime: &Runtime,
    run: &Run<'_>,
    initial_concurrency: usize,
    observer: Option<RecordObserver<'_>>,
) -> Result<RunStats, RunError> {
    let run_state = Arc::new(RunState::start(run, initial_concurrency)?);
    let disk_writer = disk_writer(run)?;
    let attempts = AttemptLoop::new(&run_state, disk_writer.as_ref(), run.concurrency.get());
    let stats = runtime.block_on(attempts.run(run, observer));
    Ok(run_state.total_stats(run, stats))
}
