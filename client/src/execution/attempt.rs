//! The steps of an attempt, the same for every strategy: look up the local copy, send the request, evaluate the
//! response, store the body, report the record, take the next attempt. Strategies differ only in their
//! [`AttemptDriver`], so that a comparison measures how they wait and nothing else.

use crate::execution::{evaluation::Slot, run_state::RunState, storage_job::StorageResult};
use crate::transport::{RawResponse, RequestSpec};
use crate::{DownloadDir, scheduler::AttemptSpec, storage::resume::LocalCopy};
use flagpole_protocol::{AttemptRecord, Outcome};
use tokio_util::sync::CancellationToken;

/// Carries out the steps of attempts that wait, for one worker (a thread or a task). A worker has a connection and
/// statistics of its own.
///
/// A blocking driver waits within the call and then returns a ready future.
pub(crate) trait AttemptDriver: Send {
    /// Sends a request and receives its response. `hedge_token`, a child of the run's token, cancels this attempt
    /// alone; `None` unless the run hedges.
    fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        hedge_token: Option<&CancellationToken>,
    ) -> impl Future<Output = Box<RawResponse>> + Send;

    /// Whether the next attempt may be taken from the scheduler before this attempt is reported. The scheduler is
    /// then locked once instead of twice for each attempt, and all cores contend for its lock.
    ///
    /// No by default, because the callback for records may cancel the run, after which no further attempt may start.
    fn takes_next_before_report(&self) -> bool {
        false
    }

    /// Reads or changes files. A driver that queues the action may release the concurrency slot at once and set `slot`
    /// to [`Slot::Released`].
    fn on_disk<T: Send + 'static>(
        &mut self,
        action: impl FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
        slot: Option<&mut Slot>,
    ) -> impl Future<Output = Result<T, Outcome>> + Send;

    /// Adds a finished attempt to the statistics and gives it to the run's observers.
    fn report(&mut self, record: Box<AttemptRecord>) -> impl Future<Output = ()> + Send;

    /// The next attempt of this worker; `None` if the worker ends. Releases a slot that is still held. A worker for
    /// a single attempt leaves that to its strategy.
    fn next(&mut self, slot: Slot) -> Option<AttemptSpec>;
}

/// Makes all attempts of a worker, beginning with `first`. `worker` is its number in records, if the strategy has fixed
/// workers. `run_token` cancels the run; it may be a child of the run's token, so that cores do not contend for one
/// token.
pub(crate) async fn run_attempts<D: AttemptDriver>(
    run: &RunState,
    run_token: &CancellationToken,
    driver: &mut D,
    worker: Option<usize>,
    first: AttemptSpec,
) {
    let mut next = Some(first);
    while let Some(spec) = next {
        let local = if run.resumes(&spec.plan) && !spec.is_rejected {
            let resource = spec.plan.resource;
            let look_up = move |folder: &DownloadDir| Ok(folder.local_copy(resource));
            driver.on_disk(look_up, None).await.unwrap_or_default()
        } else {
            LocalCopy::default()
        };
        let response = if spec.is_rejected {
            let now = run.template.clock.now();
            Box::new(RawResponse {
                started: now,
                sent: now,
                result: Err(Outcome::CircuitOpen),
                ..RawResponse::default()
            })
        } else {
            let hedge_token = run.hedge_token(spec.id, run_token);
            let request = RequestSpec {
                resource: spec.plan.resource,
                request_number: spec.plan.request_number,
                message: spec.plan.message,
                as_get: spec.plan.as_get,
                path: spec.plan.path.as_deref(),
                rendered: spec.plan.rendered.as_deref(),
                conditions: local.conditions(),
                fresh: spec.plan.fresh_connection,
                cancel: hedge_token.as_ref().unwrap_or(run_token),
            };
            driver.exchange(&request, hedge_token.as_ref()).await
        };
        let takes_next = driver.takes_next_before_report();
        let mut evaluated = run.evaluate_response(spec, worker, &local, response, takes_next);
        let stored = match evaluated.job.take() {
            Some(job) => {
                let store = move |folder: &DownloadDir| job.run(folder);
                driver.on_disk(store, Some(&mut evaluated.slot)).await
            }
            None => Ok(StorageResult::default()),
        };
        run.finish_attempt(&mut evaluated, stored);
        driver.report(evaluated.record).await;
        next = driver.next(evaluated.slot);
    }
}
