//! The runtime of an event loop, and its main task, which starts a task for each attempt that is due and has a slot.

use super::{attempt_loop::AttemptLoop, task::run_task};
use crate::{Run, RunError, policy::AdaptiveLimit, scheduler::Action};
use crate::{execution::run_state::RunState, lock::lock};
use flagpole_protocol::RunStats;
use std::panic::resume_unwind;
use std::sync::{Arc, atomic::Ordering::SeqCst};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinSet};
use tokio::{sync::mpsc, time::sleep};

/// The capacity of the channel of records to the main task. Tasks wait while the channel is full.
const RECORDS: usize = 256;

/// Carries out a run on one event loop: that of the calling thread, or a work-stealing runtime. A limit lowers
/// the concurrency of the run.
pub(crate) fn run_on_runtime(
    builder: &mut Builder,
    run: &Run<'_>,
    limit: Option<AdaptiveLimit>,
) -> Result<RunStats, RunError> {
    // The first downloads are due before the runtime starts.
    let run_state = Arc::new(RunState::start(run)?);
    let runtime = start_runtime(builder)?;
    if let Some(limit) = limit {
        run_state.scheduler().set_limit(Box::new(limit));
    }
    let attempts = AttemptLoop::for_shares(run, &run_state, &[run.concurrency.get()])?;
    let stats = attempts[0].block_on(&runtime, run);
    Ok(run_state.total_stats(run, stats))
}

pub(crate) fn start_runtime(builder: &mut Builder) -> Result<Runtime, RunError> {
    let runtime = builder.enable_io().enable_time().build();
    runtime.map_err(RunError::Runtime)
}

impl AttemptLoop {
    /// Carries out this loop's part of a run.
    pub(crate) fn block_on(self: &Arc<AttemptLoop>, runtime: &Runtime, run: &Run<'_>) -> RunStats {
        let stats = runtime.block_on(self.clone().run(run));
        // Before the runtime in which the connections are registered ends.
        self.close_idle();
        stats
    }

    /// Makes attempts until the scheduler has no more or the run is cancelled; then waits for those in flight.
    async fn run(self: Arc<AttemptLoop>, run: &Run<'_>) -> RunStats {
        let mut tasks = JoinSet::new();
        let (sender, mut records) = mpsc::channel(RECORDS);
        let mut batch = Vec::new();
        loop {
            if self.cancel.is_cancelled() {
                self.run_state.scheduler().stop();
                break;
            }
            let wait = match self.next() {
                Action::Start(spec) => {
                    self.in_flight.fetch_add(1, SeqCst);
                    let sender = run.on_record.is_some().then(|| sender.clone());
                    tasks.spawn(run_task(self.clone(), spec, sender));
                    self.notify_other_idle();
                    continue;
                }
                Action::Finished => break,
                Action::SleepUntil(until) => {
                    Some(until.saturating_sub(self.run_state.template.clock.now()))
                }
                Action::Blocked => None,
            };
            tokio::select! {
                biased;
                _ = records.recv_many(&mut batch, RECORDS) => {
                    batch.drain(..).for_each(|record| run.report(&record));
                    self.notify_other_idle();
                }
                Some(ended) = tasks.join_next() => propagate_panic(ended),
                () = self.notified() => {}
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => {}
                () = self.cancel.cancelled() => {}
            }
        }
        self.notify_other_idle();
        drop(sender);
        while let Some(record) = records.recv().await {
            run.report(&record);
        }
        while let Some(ended) = tasks.join_next().await {
            propagate_panic(ended);
        }
        std::mem::take(&mut lock(&self.stats))
    }
}

fn propagate_panic(task: Result<(), JoinError>) {
    task.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}
