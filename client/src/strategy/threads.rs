//! `threads`: a fixed number of OS threads take attempts from the scheduler. Each thread has a connection of its own, and
//! costs its stack and a context switch for every wait.

use super::strategy_trait::Strategy;
use crate::execution::blocking::blocking_scheduler::BlockingScheduler;
use crate::execution::blocking::worker::{STACK_SIZE, run_worker};
use crate::execution::run_state::RunState;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;
use std::panic::resume_unwind;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// The strategy `threads`.
#[derive(Debug)]
pub struct Threads;

impl Strategy for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn about(&self) -> &'static str {
        "a pool of OS threads, one connection each; costs one stack per thread"
    }

    /// The concurrency of the article's program with threads.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // A token of its own: if one thread cannot be started, the others are cancelled.
        let run = &run.clone().cancel(run.cancel.child_token());
        let scheduler = BlockingScheduler::new(RunState::start(run, run.concurrency.get())?);
        let threads = scheduler.thread_count();
        let work = || {
            scope(|scope| {
                let spawn = |number| spawn(scope, run, &scheduler, number);
                let workers: Vec<_> = (1..=threads).map(spawn).collect();
                let mut stats = workers.into_iter().map(join);
                stats.try_fold(RunStats::default(), |sum, next| Ok(sum.plus(&*next?)))
            })
        };
        let stats = scheduler.with_cancellation(work)?;
        Ok(scheduler.run_state.total_stats(run, stats))
    }
}

type WorkerThread<'s> = ScopedJoinHandle<'s, Box<RunStats>>;

fn spawn<'s, 'e>(
    scope: &'s Scope<'s, 'e>,
    run: &'e Run<'_>,
    scheduler: &'e BlockingScheduler,
    number: usize,
) -> Result<WorkerThread<'s>, RunError> {
    let builder = Builder::new()
        .name(format!("worker-{number}"))
        .stack_size(STACK_SIZE);
    let thread = builder.spawn_scoped(scope, move || {
        // Cancels the run if this thread panics: the others would wait for its attempt to end.
        let cancel_on_failure = run.cancel.clone().drop_guard();
        let stats = run_worker(run, scheduler, number);
        cancel_on_failure.disarm();
        stats
    });
    thread
        .map_err(RunError::Thread)
        .inspect_err(|_| run.cancel.cancel())
}

fn join(thread: Result<WorkerThread<'_>, RunError>) -> Result<Box<RunStats>, RunError> {
    Ok(thread?.join().unwrap_or_else(|panic| resume_unwind(panic)))
}
