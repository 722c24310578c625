//! `adaptive`: one event loop that finds out by itself how many requests to have in flight, from how
//! long answers take and whether the server refuses. It costs a few round trips before it is at full
//! speed.

use super::Strategy;
use crate::execution::event_loop::{EventLoop as Tasks, saver};
use crate::execution::session::RunState;
use crate::policy::adaptive_limit::Limit;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::RunStats;
use std::sync::Arc;
use tokio::runtime::Builder;

/// The strategy.
#[derive(Debug)]
pub struct Adaptive;

impl Strategy for Adaptive {
    fn name(&self) -> &'static str {
        "adaptive"
    }

    fn about(&self) -> &'static str {
        "one event loop that adjusts its concurrency to the measured latency, up to the maximum"
    }

    /// The most it may come to: more than most servers of flags are good for, and no flood.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(100)
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
        let most = run.concurrency.get();
        let mut limit = Limit::new(most);
        let session = Arc::new(RunState::start(run, limit.get())?);
        let tasks = Tasks::alone(&session, saver(run)?.as_ref(), most);
        let mut observe = |record: &AttemptRecord| {
            limit.saw(&record.outcome, record.sent, record.done);
            Some(limit.get())
        };
        let tally = runtime.block_on(tasks.run(run, Some(&mut observe)));
        Ok(session.close(run, tally))
    }
}
