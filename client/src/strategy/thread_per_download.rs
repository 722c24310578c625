//! `thread-per-download`: an OS thread for every attempt, started when a concurrency slot is free. Connections
//! outlive the threads, so that the difference from `threads` is the cost of starting threads.

use super::strategy_trait::Strategy;
use crate::execution::run_state::{RunState, lock};
use crate::execution::worker::{BlockingWorker, STACK_SIZE};
use crate::{Concurrency, Run, RunError, transport::BlockingClient};
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

    /// The same as for `threads`, with which this strategy is compared.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // A token of its own: if one thread fails, the others are cancelled.
        let run = &run.with_child_token();
        // Only this thread waits for attempts.
        let scheduler = BlockingScheduler::new(RunState::start(run)?, 1);
        let dispatcher = Dispatcher {
            run,
            scheduler: &scheduler,
            clients: Mutex::default(),
            stats: Mutex::default(),
        };
        scheduler.with_cancellation(|| dispatcher.start_threads())?;
        let stats = std::mem::take(&mut *lock(&dispatcher.stats));
        Ok(scheduler.run_state.total_stats(run, stats))
    }
}

/// Starts a thread for each attempt.
struct Dispatcher<'r> {
    run: &'r Run<'r>,
    scheduler: &'r BlockingScheduler,
    /// Clients that no thread uses; the last used client is taken first.
    clients: Mutex<Vec<BlockingClient>>,
    /// The statistics of all threads.
    stats: Mutex<RunStats>,
}

impl Dispatcher<'_> {
    /// Returns when all threads have ended.
    fn start_threads(&self) -> Result<(), RunError> {
        scope(|scope| {
            while let Some(spec) = self.scheduler.next() {
                let builder = Builder::new().name("download".into());
                let builder = builder.stack_size(STACK_SIZE);
                let started = builder.spawn_scoped(scope, || self.make(spec));
                started.map_err(|error| {
                    self.run.cancel.cancel();
                    RunError::Thread(error)
                })?;
            }
            Ok(())
        })
    }

    /// Makes an attempt, and last of all releases its slot, upon which the next thread is started. A panic cancels
    /// the run, so that the other threads end at once.
    fn make(&self, spec: AttemptSpec) {
        let cancel_on_panic = self.run.cancel.clone().drop_guard();
        let (id, template) = (spec.id, &self.scheduler.run_state.template);
        let idle = lock(&self.clients).pop();
        let mut worker = BlockingWorker {
            run: self.run,
            scheduler: self.scheduler,
            client: idle.unwrap_or_else(|| BlockingClient::new(template.clone())),
            worker: None,
            stats: Box::default(),
        };
        worker.run_attempts(spec);
        lock(&self.clients).push(worker.client);
        *lock(&self.stats) += &*worker.stats;
        cancel_on_panic.disarm();
        drop(self.scheduler.release(id));
    }
}
