//! The interface for strategies of other crates: a session gives attempts, a worker makes them.

mod async_worker;
mod attempt;
mod thread_worker;

pub use async_worker::AsyncWorker;
pub use attempt::Attempt;
pub use thread_worker::ThreadWorker;

use super::{blocking_scheduler::BlockingScheduler, run_state::RunState};
use crate::policy::ConcurrencyLimit;
use crate::{Run, RunError, lock::lock, scheduler::Action};
use flagpole_protocol::{AttemptRecord, RunStats};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio_util::sync::WaitForCancellationFutureOwned;

/// A run in progress, for a [`Strategy`](crate::Strategy) in another crate.
///
/// The session decides which attempt is next, by the workload, the concurrency and the policy of the run; the strategy
/// decides where and when it waits. It takes attempts by [`next`](Session::next) or [`wait`](Session::wait), lets a
/// [`ThreadWorker`] or an [`AsyncWorker`] make them, and [reports](Session::report) their records.
///
/// A session may be shared by threads. It starts the clock of the run.
pub struct Session<'r> {
    run: Run<'r>,
    scheduler: Arc<BlockingScheduler>,
    stats: Mutex<RunStats>,
    /// Stops the scheduler and wakes its threads when the run is cancelled.
    _cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// What a strategy does next.
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "an attempt is the usual action, and a box is an allocation for each"
)]
pub enum NextAction {
    /// Make this attempt.
    Start(Attempt),
    /// Ask again at this time, counted from the start of the run, or earlier if an attempt ends.
    WaitUntil(Duration),
    /// Ask again when an attempt ends: those in flight fill the concurrency, or decide what follows.
    WaitForAttempt,
    /// No attempt will be started any more. Attempts may still be in flight if the run was cancelled.
    Finished,
}

impl<'r> Session<'r> {
    /// Starts the run.
    ///
    /// # Errors
    /// If the name of the run cannot be sent.
    pub fn start(run: &Run<'r>) -> Result<Session<'r>, RunError> {
        // No thread ends before the run does.
        let scheduler = BlockingScheduler::new(RunState::start(run)?, 0);
        let token = scheduler.run_state.template.cancel.clone();
        let mut cancelled = Box::pin(token.cancelled_owned());
        let waker = Waker::from(scheduler.clone());
        // Registers the waker until the session is dropped.
        if let Poll::Ready(()) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
            waker.wake();
        }
        Ok(Session {
            run: run.clone(),
            scheduler,
            stats: Mutex::default(),
            _cancelled: cancelled,
        })
    }

    /// Lets a limit decide the concurrency from now on, instead of the run; to be called before the first attempt.
    pub fn limit(self, limit: impl ConcurrencyLimit + 'static) -> Session<'r> {
        self.scheduler
            .run_state
            .scheduler()
            .set_limit(Box::new(limit));
        self
    }

    /// The next action, without waiting.
    pub fn next(&self) -> NextAction {
        match self.scheduler.run_state.next() {
            Action::Start(spec) => NextAction::Start(Attempt::new(spec, &self.scheduler)),
            Action::SleepUntil(until) => NextAction::WaitUntil(until),
            Action::Blocked => NextAction::WaitForAttempt,
            Action::Finished => NextAction::Finished,
        }
    }

    /// Blocks the thread until there is an attempt to make; `None` if there will be none. Other threads must make and
    /// complete the attempts in flight meanwhile.
    pub fn wait(&self) -> Option<Attempt> {
        let spec = self.scheduler.next()?;
        Some(Attempt::new(spec, &self.scheduler))
    }

    /// The time since the start of the run.
    pub fn elapsed(&self) -> Duration {
        self.scheduler.run_state.template.clock.now()
    }

    /// A worker for a thread. No other worker uses its connection.
    pub fn thread_worker(&self) -> ThreadWorker {
        ThreadWorker::new(&self.scheduler)
    }

    /// A worker for a task of a tokio runtime. No other worker uses its connection.
    pub fn async_worker(&self) -> AsyncWorker {
        AsyncWorker::new(&self.scheduler)
    }

    /// Completes when the run is cancelled. A strategy that waits for a time must wait for this too; attempts in flight end
    /// by themselves.
    pub async fn cancelled(&self) {
        self.scheduler.run_state.template.cancel.cancelled().await;
    }

    /// Adds a record to the statistics and calls the run's callback for records.
    pub fn report(&self, record: &AttemptRecord) {
        lock(&self.stats).record(record);
        self.run.report(record);
    }

    /// The statistics of the reported records.
    pub fn finish(self) -> RunStats {
        let stats = std::mem::take(&mut *lock(&self.stats));
        self.scheduler.run_state.total_stats(&self.run, stats)
    }
}
