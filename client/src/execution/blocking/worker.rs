//! A thread that makes attempts, one after the other, and waits for each.

use crate::execution::attempt::{AttemptDriver, run_attempts};
use crate::execution::blocking::blocking_scheduler::BlockingScheduler;
use crate::execution::finish_attempt::Slot;
use crate::execution::run_state::RunState;
use crate::execution::storage_job::{StorageJob, StorageResult};
use crate::run::Run;
use crate::scheduler::{Action, AttemptSpec};
use crate::storage::resume::LocalCopy;
use crate::transport::{BlockingClient, RawResponse, RequestSpec};
use flagpole_protocol::{AttemptRecord, Outcome, Resource, RunStats};
use std::task::{Context, Poll, Waker};
use tokio_util::sync::CancellationToken;

/// The size of the stack of a thread that makes attempts, in bytes. Calls are not nested deeply, in a debug build
/// too: a test makes every kind of exchange on such threads.
pub const STACK_SIZE: usize = 256 << 10;

/// What a thread needs to make attempts.
pub(crate) struct BlockingWorker<'r> {
    pub(crate) run: &'r Run<'r>,
    pub(crate) state: &'r RunState,
    pub(crate) client: BlockingClient,
    pub(crate) worker: Option<usize>,
    /// Boxed, to keep it off the stack of a waiting thread.
    pub(crate) stats: Box<RunStats>,
    /// Gives further attempts; `None` for a thread that makes a single attempt.
    pub(crate) scheduler: Option<&'r BlockingScheduler>,
}

/// Makes attempts until the scheduler has no more or the run is cancelled.
pub(crate) fn run_worker(
    run: &Run<'_>,
    scheduler: &BlockingScheduler,
    worker: usize,
) -> Box<RunStats> {
    let state = &scheduler.run_state;
    let mut worker = BlockingWorker {
        run,
        state,
        client: BlockingClient::new(state.template.clone()),
        worker: Some(worker),
        stats: Box::default(),
        scheduler: Some(scheduler),
    };
    if let Some(first) = scheduler.next() {
        worker.run_attempts(first);
    }
    worker.stats
}

impl BlockingWorker<'_> {
    /// Makes `first` and all further attempts of this thread.
    pub(crate) fn run_attempts(&mut self, first: AttemptSpec) {
        let (state, token) = (self.state, &self.state.template.cancel);
        // On the heap, because the stacks of a thousand threads would each grow by a whole page.
        let mut attempts = Box::pin(run_attempts(state, token, self, first));
        match attempts
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(()) => {}
            Poll::Pending => unreachable!("all futures of a blocking driver are ready"),
        }
    }

    /// `record` and `next_spec` are not inlined: their variables would lie on the stack of a thread that waits for a
    /// response.
    #[inline(never)]
    fn record(&mut self, record: &AttemptRecord) {
        self.stats.record(record);
        self.run.report(record);
    }

    #[inline(never)]
    fn next_spec(&self, slot: Slot) -> Option<AttemptSpec> {
        match slot {
            Slot::Next(Action::Start(spec)) => Some(spec),
            Slot::Held(id) => self.scheduler?.release_and_next(id),
            Slot::Released | Slot::Next(_) => self.scheduler?.next(),
        }
    }
}

impl AttemptDriver for BlockingWorker<'_> {
    fn worker(&self) -> Option<usize> {
        self.worker
    }

    async fn local_copy(&mut self, resource: Resource) -> LocalCopy {
        let folder = self.run.destination;
        folder.map_or_else(LocalCopy::default, |folder| folder.local_copy(resource))
    }

    async fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        _: Option<&CancellationToken>,
    ) -> Box<RawResponse> {
        self.client.exchange(request)
    }

    /// No, because the callback for records may cancel the run, after which no further attempt may start.
    fn takes_next_before_report(&self) -> bool {
        false
    }

    async fn store(
        &mut self,
        job: Box<StorageJob>,
        _: &mut Slot,
    ) -> Result<StorageResult, Outcome> {
        match self.run.destination {
            Some(folder) => job.run(folder),
            None => Ok(StorageResult::default()),
        }
    }

    async fn report(&mut self, record: Box<AttemptRecord>) {
        self.record(&record);
    }

    fn next(&mut self, slot: Slot) -> Option<AttemptSpec> {
        self.next_spec(slot)
    }
}
