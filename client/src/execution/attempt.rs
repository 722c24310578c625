//! The one implementation of an attempt: make it, evaluate it, store it, decide what follows.

use crate::execution::evaluated::Slot;
use crate::execution::run_state::RunState;
use crate::execution::storage_job::{StorageJob, StorageResult};
use crate::scheduler::AttemptSpec;
use crate::storage::resume::LocalCopy;
use crate::transport::{RawResponse, RequestSpec};
use flagpole_protocol::{AttemptRecord, Outcome, Resource};
use tokio_util::sync::CancellationToken;

/// How one worker waits, and what it has of its own: a connection, statistics, a place in its strategy.
///
/// A driver that blocks its thread returns futures that are ready.
pub(crate) trait AttemptDriver: Send {
    /// The number of the worker in records, if the strategy has fixed workers.
    fn worker(&self) -> Option<usize>;

    /// Looks up what is on disk of a resource.
    fn local_copy(&mut self, resource: Resource) -> impl Future<Output = LocalCopy> + Send;

    /// Sends a request and receives its response. A hedged run gives each attempt a token of its own, which
    /// the run's token cancels too.
    fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        own_token: Option<&CancellationToken>,
    ) -> impl Future<Output = Box<RawResponse>> + Send;

    /// Whether the next attempt may be taken before this one has been reported: one look at the scheduler
    /// instead of two, where all cores meet.
    fn may_take_next_early(&self) -> bool;

    /// Carries out a storage job. The slot may be released as soon as the job is queued.
    fn store(
        &mut self,
        job: Box<StorageJob>,
        slot: &mut Slot,
    ) -> impl Future<Output = Result<StorageResult, Outcome>> + Send;

    /// Adds a finished attempt to the statistics and gives it to the run's observers.
    fn report(&mut self, record: Box<AttemptRecord>) -> impl Future<Output = ()> + Send;

    /// The next attempt of this worker. Releases a slot that is still held, unless the strategy does that later.
    fn next(&mut self, slot: Slot) -> Option<AttemptSpec>;
}

/// Makes attempts, from the first to the last of a worker. `run_token` is the worker's copy of the run's token.
pub(crate) async fn run_attempts<D: AttemptDriver>(
    run: &RunState,
    run_token: &CancellationToken,
    driver: &mut D,
    first: AttemptSpec,
) {
    let mut next = Some(first);
    while let Some(spec) = next {
        let local = if run.resumes(&spec) {
            driver.local_copy(spec.resource).await
        } else {
            LocalCopy::default()
        };
        let response = {
            let own_token = run.hedge_token(spec.id, run_token);
            let request = request_spec(&spec, &local, own_token.as_ref().unwrap_or(run_token));
            driver.exchange(&request, own_token.as_ref()).await
        };
        let early = driver.may_take_next_early();
        let mut evaluated = run.evaluate(spec, driver.worker(), &local, response, early);
        let stored = match evaluated.job.take() {
            Some(job) => driver.store(job, &mut evaluated.slot).await,
            None => Ok(StorageResult::default()),
        };
        run.finalize(&mut evaluated, stored);
        driver.report(evaluated.record).await;
        next = driver.next(evaluated.slot);
    }
}

fn request_spec<'a>(
    spec: &'a AttemptSpec,
    local: &LocalCopy,
    cancel: &'a CancellationToken,
) -> RequestSpec<'a> {
    RequestSpec {
        resource: spec.resource,
        request_number: spec.request_number,
        path: spec.path.as_deref(),
        conditions: (!local.is_empty()).then(|| Box::new(local.conditions())),
        cancel,
    }
}
