//! What a thread does that makes attempts: one after the other, each saved before the next is begun.

use crate::execution::blocking_scheduler::BlockingScheduler;
use crate::execution::session::{RunState, StorageResult};
use crate::run::{Run, RunError};
use crate::scheduler::AttemptSpec;
use crate::storage::resume::LocalCopy;
use crate::transport::{BlockingClient, RawResponse};
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::RunStats;

/// The stack of a thread that makes attempts, in bytes. What runs on it is shallow, in a debug build
/// too: a test makes every kind of exchange on such threads.
pub const STACK: usize = 256 << 10;

/// Makes attempts until there are none left or the run is cancelled. Their tally is boxed, as it would lie on
/// the stack of every thread.
pub(crate) fn work(
    run: &Run<'_>,
    pool: &BlockingScheduler,
    number: usize,
) -> Result<Box<RunStats>, RunError> {
    let mut lane = lane(run, &pool.session)?;
    let mut tally = Box::<RunStats>::default();
    let mut next = pool.next();
    while let Some(start) = next {
        let record = attempt(run, &pool.session, &mut *lane, Some(number), start.clone());
        tally.record(&record);
        run.tell(&record);
        next = pool.next_behind(&start);
    }
    Ok(tally)
}

/// A lane for the calling thread.
pub(crate) fn lane(run: &Run<'_>, session: &RunState) -> Result<Box<dyn BlockingClient>, RunError> {
    let lane = run.transport.lane(session.wire.clone());
    lane.map_err(RunError::Runtime)
}

/// Makes an attempt and does with its body what is to be done.
pub(crate) fn attempt(
    run: &Run<'_>,
    session: &RunState,
    lane: &mut dyn BlockingClient,
    number: Option<usize>,
    start: AttemptSpec,
) -> AttemptRecord {
    let left = match run.destination {
        Some(destination) if session.resumes(&start) => destination.left(start.resource),
        _ => LocalCopy::default(),
    };
    let exchange = {
        let token = session.token(start.id, &session.wire.cancel);
        let cancel = token.as_ref().unwrap_or(&session.wire.cancel);
        lane.exchange(&RunState::attempt(&start, &left, cancel))
    };
    finish(run, session, number, start, &left, exchange)
}

/// Not inlined: what it needs would lie on the stack of every thread that waits for an answer.
#[inline(never)]
fn finish(
    run: &Run<'_>,
    session: &RunState,
    number: Option<usize>,
    start: AttemptSpec,
    left: &LocalCopy,
    exchange: Box<RawResponse>,
) -> AttemptRecord {
    let mut conclusion = session.conclude(start, number, left, exchange, false);
    let saved = match (run.destination, conclusion.errand.take()) {
        (Some(destination), Some(errand)) => errand.run(destination),
        _ => Ok(StorageResult::default()),
    };
    session.settle(&mut conclusion, saved);
    conclusion.record
}
