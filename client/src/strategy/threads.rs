//! `threads`: a fixed number of OS threads take the jobs in order, whichever is free the next one.
//! Each has a connection and a runtime of its own; nothing is shared but the place in the plan. A
//! thread costs its stack and a switch for every wait.

use super::Strategy;
use crate::lanes::Lanes;
use crate::plan::Job;
use crate::run::{Run, RunError};
use crate::session::Session;
use crate::tally::Tally;
use crate::worker::work;
use std::iter::from_fn;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// The stack of a thread in bytes. What runs on it is shallow, in a debug build too: a test makes
/// every kind of exchange on such threads.
pub const STACK: usize = 256 << 10;

/// The strategy.
#[derive(Debug)]
pub struct Threads;

impl Strategy for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn about(&self) -> &'static str {
        "a pool of OS threads, each with a connection of its own"
    }

    fn default_lanes(&self) -> Lanes {
        Lanes::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<Tally, RunError> {
        // A run of its own to cancel: when one thread cannot be had, the others need not finish.
        let run = &run.clone().cancel(run.cancel.child_token());
        let session = Session::start(run)?;
        let cursor = AtomicUsize::new(0);
        let mut tally = scope(|scope| {
            let spawn = |number| spawn(scope, run, &session, &cursor, number);
            let workers: Vec<_> = (0..run.lanes.get().min(run.plan.jobs.len()))
                .map(spawn)
                .collect();
            workers
                .into_iter()
                .map(|worker| join(worker, run))
                .fold(Ok(Tally::default()), add)
        })?;
        tally.unstarted = run.plan.jobs.len() as u64 - tally.attempts();
        Ok(tally)
    }
}

type Worker<'s> = ScopedJoinHandle<'s, Result<Tally, RunError>>;

fn spawn<'s, 'e>(
    scope: &'s Scope<'s, 'e>,
    run: &'e Run<'_>,
    session: &'e Session,
    cursor: &'e AtomicUsize,
    number: usize,
) -> Result<Worker<'s>, RunError> {
    let builder = Builder::new()
        .name(format!("lane-{number}"))
        .stack_size(STACK);
    let worker = builder.spawn_scoped(scope, move || {
        let jobs = from_fn(|| next(&run.plan.jobs, cursor));
        work(run, session, number, jobs).inspect_err(|_| run.cancel.cancel())
    });
    worker
        .map_err(RunError::Thread)
        .inspect_err(|_| run.cancel.cancel())
}

/// The next job that nobody has taken. The cursor orders nothing but itself.
fn next<'a>(jobs: &'a [Job], cursor: &AtomicUsize) -> Option<&'a Job> {
    jobs.get(cursor.fetch_add(1, Relaxed))
}

fn join(worker: Result<Worker<'_>, RunError>, run: &Run<'_>) -> Result<Tally, RunError> {
    worker?.join().unwrap_or_else(|panic| {
        run.cancel.cancel();
        resume_unwind(panic)
    })
}

fn add(sum: Result<Tally, RunError>, next: Result<Tally, RunError>) -> Result<Tally, RunError> {
    let mut sum = sum?;
    sum += &next?;
    Ok(sum)
}
