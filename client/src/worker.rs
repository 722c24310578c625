//! What a thread does that has one lane of its own: one download after the other, each saved before
//! the next is started.

use crate::plan::Job;
use crate::run::{Run, RunError};
use crate::session::Session;
use crate::tally::Tally;
use std::thread;
use std::time::Duration;

/// How long a wait goes on after the run was cancelled, at most.
const LOOK_UP: Duration = Duration::from_millis(10);

/// Downloads `jobs` until they are used up or the run is cancelled.
pub(crate) fn work<'j>(
    run: &Run<'_>,
    session: &Session,
    number: usize,
    jobs: impl Iterator<Item = &'j Job>,
) -> Result<Tally, RunError> {
    let mut lane = run
        .transport
        .lane(session.wire.clone())
        .map_err(RunError::Runtime)?;
    let mut tally = Tally::default();
    for job in jobs {
        if !wait_until_due(session, job) {
            break;
        }
        let due = session.due(job);
        let exchange = lane.exchange(job);
        let (mut record, body) = session.conclude(job, Some(number), due, exchange);
        if let (Some(destination), Some(body)) = (run.destination, body)
            && let Err(failed) = destination.save(job.resource, &body)
        {
            record.outcome = failed;
        }
        tally.record(&record);
        (run.on_record)(&record);
    }
    Ok(tally)
}

/// Waits until the job is due; false if the run was cancelled.
fn wait_until_due(session: &Session, job: &Job) -> bool {
    while !session.wire.cancel.is_cancelled() {
        let wait = job
            .due
            .unwrap_or_default()
            .saturating_sub(session.wire.clock.now());
        if wait.is_zero() {
            return true;
        }
        thread::sleep(wait.min(LOOK_UP));
    }
    false
}
