//! `thread-per-download`: an OS thread for every attempt, started when a concurrency slot is free. Connections
//! outlive the threads, so that the difference from `threads` is the cost of starting threads.

use super::strategy_trait::{Strategy, check_transport};
use crate::execution::worker::{BlockingWorker, STACK_SIZE};
use crate::{Run, RunError, execution::run_state::RunState, lock::lock, transport::BlockingClient};
use crate::{execution::blocking_scheduler::BlockingScheduler, scheduler::AttemptSpec};
use flagpole_protocol::RunStats;
use std::sync::Mutex;
use std::thread::{Builder, scope};

/// The strategy `thread-per-download`.
pub(super) struct ThreadPerDownload;

impl Strategy for ThreadPerDownload {
    fn name(&self) -> &'static str {
        "thread-per-download"
    }

    fn about(&self) -> &'static str {
        "a new OS thread per request, up to the concurrency; costs starting each thread"
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        check_transport(self, run)?;
        // If one thread fails, the child token cancels the others; the caller's token stays as it is.
        let run = &run.with_child_token();
        // Only this thread waits for attempts.
        let scheduler = &BlockingScheduler::new(RunState::start(run)?, 1);
        // Clients that no thread uses; the last used client is taken first.
        let clients = Mutex::new(Vec::new());
        let stats = Mutex::new(RunStats::default());
        // Releases the slot last, because the next thread starts then.
        let make = &|spec: AttemptSpec| {
            let cancel_on_panic = run.cancel.clone().drop_guard();
            let (id, template) = (spec.id, &scheduler.run_state.template);
            let idle = lock(&clients).pop();
            let mut worker = BlockingWorker {
                run,
                scheduler,
                client: idle.unwrap_or_else(|| BlockingClient::new(template.clone())),
                worker: None,
                stats: Box::default(),
            };
            worker.run_attempts(spec);
            lock(&clients).push(worker.client);
            *lock(&stats) += &*worker.stats;
            cancel_on_panic.disarm();
            drop(scheduler.release(id));
        };
        let dispatch = || {
            scope(|scope| {
                while let Some(spec) = scheduler.next() {
                    let builder = Builder::new().name("download".into());
                    let builder = builder.stack_size(STACK_SIZE);
                    let started = builder.spawn_scoped(scope, move || make(spec));
                    let started = started.inspect_err(|_| run.cancel.cancel());
                    started.map_err(RunError::Thread)?;
                }
                Ok(())
            })
        };
        scheduler.with_cancellation(dispatch)?;
        let stats = std::mem::take(&mut *lock(&stats));
        Ok(scheduler.run_state.total_stats(run, stats))
    }
}
