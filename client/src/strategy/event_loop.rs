//! `async`: one thread, one event loop. A semaphore keeps at most m downloads in flight; a task is
//! made for a download only when there is a permit for it, so that memory does not grow with the
//! plan. Files are saved by another thread, outside the permit, yet awaited.

use super::Strategy;
use crate::lanes::Lanes;
use crate::outcome::Outcome;
use crate::plan::Job;
use crate::record::Record;
use crate::run::{Run, RunError};
use crate::saver::Saver;
use crate::session::Session;
use crate::tally::Tally;
use crate::transport::hyper::{Connection, exchange};
use bytes::Bytes;
use std::cell::RefCell;
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

/// The strategy.
#[derive(Debug)]
pub struct EventLoop;

impl Strategy for EventLoop {
    fn name(&self) -> &'static str {
        "async"
    }

    fn about(&self) -> &'static str {
        "one event loop on one thread, a semaphore for the downloads in flight"
    }

    fn default_lanes(&self) -> Lanes {
        Lanes::literal(5)
    }

    fn run(&self, run: &Run<'_>) -> Result<Tally, RunError> {
        // Made first, thus dropped last: the connections are registered with it.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build_local(LocalOptions::default())
            .map_err(RunError::Runtime)?;
        let shared = Rc::new(Shared {
            session: Session::start(run)?,
            saver: run
                .destination
                .cloned()
                .map(Saver::start)
                .transpose()
                .map_err(RunError::Thread)?,
            idle: RefCell::default(),
        });
        let mut tally = runtime.block_on(carry_out(run, &shared));
        tally.unstarted = run.plan.jobs.len() as u64 - tally.attempts();
        Ok(tally)
    }
}

/// What the tasks share. They run on one thread.
struct Shared {
    session: Session,
    saver: Option<Saver>,
    /// Connections without a request, the last used on top: it is the least likely to have been
    /// closed meanwhile. There are at most m, for each was made under a permit.
    idle: RefCell<Vec<Connection>>,
}

async fn carry_out(run: &Run<'_>, shared: &Rc<Shared>) -> Tally {
    let permits = Arc::new(Semaphore::new(run.lanes.get()));
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    let mut handle = |done: Result<Record, JoinError>| {
        let record = done.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
        tally.record(&record);
        (run.on_record)(&record);
    };
    for job in &run.plan.jobs {
        let mut turn = pin!(turn(&shared.session, &permits, job));
        let permit = loop {
            tokio::select! {
                biased;
                Some(done) = tasks.join_next() => handle(done),
                permit = &mut turn => break permit,
            }
        };
        let Some(permit) = permit else { break };
        tasks.spawn_local(download(
            shared.clone(),
            *job,
            shared.session.due(job),
            permit,
        ));
    }
    while let Some(done) = tasks.join_next().await {
        handle(done);
    }
    tally
}

/// Waits until there is a permit and the job is due; `None` if the run is cancelled before.
async fn turn(
    session: &Session,
    permits: &Arc<Semaphore>,
    job: &Job,
) -> Option<OwnedSemaphorePermit> {
    let ready = async {
        let permit = permits.clone().acquire_owned().await;
        let wait = job
            .due
            .unwrap_or_default()
            .saturating_sub(session.wire.clock.now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        permit.expect("the semaphore is never closed")
    };
    tokio::select! {
        biased;
        () = session.wire.cancel.cancelled() => None,
        permit = ready => Some(permit),
    }
}

async fn download(
    shared: Rc<Shared>,
    job: Job,
    due: Duration,
    permit: OwnedSemaphorePermit,
) -> Record {
    let mut slot = shared.idle.borrow_mut().pop();
    let exchange = exchange(&shared.session.wire, &mut slot, &job).await;
    shared.idle.borrow_mut().extend(slot);
    let (mut record, body) = shared.session.conclude(&job, None, due, exchange);
    if let (Some(saver), Some(body)) = (&shared.saver, body)
        && let Err(failed) = save(saver, &job, body, permit).await
    {
        record.outcome = failed;
    }
    record
}

/// The permit is held until the body is in the queue: a slow disk must hold the lanes back, or
/// bodies would pile up. It is not held while the disk is busy: that is no business of the network.
async fn save(
    saver: &Saver,
    job: &Job,
    body: Bytes,
    permit: OwnedSemaphorePermit,
) -> Result<(), Outcome> {
    let receipt = saver.submit(job.resource, body).await;
    drop(permit);
    receipt.saved().await
}
