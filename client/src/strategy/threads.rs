//! `threads`: a fixed number of OS threads take attempts from the agenda, whichever is free the next
//! one. Each has a connection and a runtime of its own. A thread costs its stack and a switch for every
//! wait.

use super::Strategy;
use crate::execution::blocking_scheduler::BlockingScheduler;
use crate::execution::session::RunState;
use crate::execution::worker::{STACK, work};
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;
use std::panic::resume_unwind;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// The strategy.
#[derive(Debug)]
pub struct Threads;

impl Strategy for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn about(&self) -> &'static str {
        "a pool of OS threads, one connection each; costs one stack per thread"
    }

    /// As many as the book has.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // A run of its own to cancel: when one thread cannot be had, the others need not finish.
        let run = &run.clone().cancel(run.cancel.child_token());
        let pool = BlockingScheduler::new(RunState::start(run, run.concurrency.get())?);
        let threads = pool.threads();
        let work = || {
            scope(|scope| {
                let spawn = |number| spawn(scope, run, &pool, number);
                let workers: Vec<_> = (0..threads).map(spawn).collect();
                let mut tallies = workers.into_iter().map(join);
                tallies.try_fold(RunStats::default(), |sum, next| Ok(sum.plus(&*next?)))
            })
        };
        let tally = pool.open(work)?;
        Ok(pool.session.close(run, tally))
    }
}

type Worker<'s> = ScopedJoinHandle<'s, Result<Box<RunStats>, RunError>>;

fn spawn<'s, 'e>(
    scope: &'s Scope<'s, 'e>,
    run: &'e Run<'_>,
    pool: &'e BlockingScheduler,
    number: usize,
) -> Result<Worker<'s>, RunError> {
    let builder = Builder::new()
        .name(format!("lane-{number}"))
        .stack_size(STACK);
    let worker = builder.spawn_scoped(scope, move || {
        // Until it has come to a good end: the others would wait for what it had in hand.
        let cancels = run.cancel.clone().drop_guard();
        let tally = work(run, pool, number)?;
        cancels.disarm();
        Ok(tally)
    });
    worker
        .map_err(RunError::Thread)
        .inspect_err(|_| run.cancel.cancel())
}

fn join(worker: Result<Worker<'_>, RunError>) -> Result<Box<RunStats>, RunError> {
    worker?.join().unwrap_or_else(|panic| resume_unwind(panic))
}
