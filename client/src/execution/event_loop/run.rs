//! The runtime of an event loop, and its main task, which starts a task for each attempt that is due and has a slot.

use super::loop_timer::LoopTimer;
use super::poll_on_wake::PollOnWake;
use super::steering::{LoopLimits, Steering, SteeringChanges};
use super::{attempt_loop::AttemptLoop, task::run_task};
use crate::{Run, RunError, policy::AdaptiveLimit, scheduler::Action};
use crate::{execution::run_state::RunState, lock::lock};
use flagpole_protocol::RunStats;
use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, atomic::Ordering::SeqCst};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

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
    let stats = attempts[0].block_on(&runtime, run)?;
    Ok(run_state.total_stats(run, stats))
}

pub(crate) fn start_runtime(builder: &mut Builder) -> Result<Runtime, RunError> {
    let runtime = builder.enable_io().enable_time().build();
    runtime.map_err(RunError::Runtime)
}

impl AttemptLoop {
    /// Carries out this loop's part of a run of a strategy.
    ///
    /// # Errors
    /// If the system refuses a timer.
    pub(crate) fn block_on(
        self: &Arc<AttemptLoop>,
        runtime: &Runtime,
        run: &Run<'_>,
    ) -> Result<RunStats, RunError> {
        self.block_on_steered(runtime, run, None)?;
        Ok(lock(&self.sink).take_stats())
    }

    /// Carries out this loop's part of a run; its records go to its sink.
    ///
    /// # Errors
    /// If the system refuses a timer.
    pub(crate) fn block_on_steered(
        self: &Arc<AttemptLoop>,
        runtime: &Runtime,
        run: &Run<'_>,
        limits: Option<LoopLimits>,
    ) -> Result<(), RunError> {
        let ended = runtime.block_on(self.clone().run(run, limits));
        // Before the runtime in which the connections are registered ends.
        self.close_idle();
        ended.map_err(RunError::Runtime)
    }

    /// Makes attempts until the scheduler has no more or the run is cancelled; then waits for those in flight.
    async fn run(
        self: Arc<AttemptLoop>,
        run: &Run<'_>,
        limits: Option<LoopLimits>,
    ) -> io::Result<()> {
        let timer = match &limits {
            Some(limits) if limits.uses_tokio_timer => LoopTimer::Tokio,
            _ => LoopTimer::new()?,
        };
        let clock = self.run_state.template.clock;
        timer.sleep_until(clock.instant(Duration::ZERO)).await?;
        let mut tasks = JoinSet::new();
        let (sender, mut records) = mpsc::channel(RECORDS);
        let mut batch = Vec::new();
        let mut end = limits.as_ref().and_then(LoopLimits::end);
        // Polled only when they have woken the loop, which other events wake for each request.
        let mut cancelled = PollOnWake::new(self.cancel.clone().cancelled_owned());
        let mut steered = SteeringChanges::new(limits.as_ref());
        loop {
            if end.is_some_and(|end| end <= clock.now()) {
                self.cancel.cancel();
            }
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
                Action::SleepUntil(until) => Some(end.map_or(until, |end| end.min(until))),
                Action::Blocked => end,
            };
            tokio::select! {
                biased;
                _ = records.recv_many(&mut batch, RECORDS), if run.on_record.is_some() => {
                    batch.drain(..).for_each(|record| run.report(&record));
                    self.notify_other_idle();
                }
                Some(ended) = tasks.join_next() => {
                    propagate_panic(ended);
                    while let Some(ended) = tasks.try_join_next() {
                        propagate_panic(ended);
                    }
                }
                () = self.notified() => {}
                slept = timer.sleep_until(clock.instant(wait.unwrap_or_default())), if wait.is_some() => slept?,
                steering = steered.next() => end = self.steer(steering, limits.as_ref()),
                () = &mut cancelled, if !self.cancel.is_cancelled() => {}
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
        Ok(())
    }

    /// Does what the user of a load run wants; returns when the run ends.
    fn steer(&self, steering: Steering, limits: Option<&LoopLimits>) -> Option<Duration> {
        let now = self.run_state.template.clock.now();
        let mut scheduler = self.run_state.scheduler();
        scheduler.set_paused(steering.is_paused, now);
        let limits = limits?;
        scheduler.change_users(|known| limits.user_changes.after(known));
        if let Some(end) = steering.closes_at {
            scheduler.close_source(now);
            return Some(end);
        }
        if steering.is_stopped {
            scheduler.stop_source(now);
            return Some(now.saturating_add(limits.grace));
        }
        let clock = scheduler.source_clock();
        // The end moves with each pause.
        let end = limits.end().filter(|_| !clock.is_paused());
        end.map(|end| clock.run_time(end))
    }
}

fn propagate_panic(task: Result<(), JoinError>) {
    task.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}
