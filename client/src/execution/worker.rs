//! A thread that makes attempts, one after the other, and waits for each.

use crate::execution::attempt::{AttemptDriver, run_attempts};
use crate::execution::{blocking_scheduler::BlockingScheduler, evaluation::Slot};
use crate::scheduler::{Action, AttemptSpec};
use crate::transport::{BlockingClient, RawResponse, RequestSpec};
use crate::{DownloadDir, Run, RunError, lock::lock, ready};
use flagpole_protocol::{AttemptRecord, Outcome, RunStats};
use std::ops::AddAssign;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope};
use tokio_util::sync::CancellationToken;

/// The size of the stack of a thread that makes attempts, in bytes. Calls are not nested deeply, in a debug build
/// too: a test makes every kind of exchange on such threads.
pub const STACK_SIZE: usize = 256 << 10;

/// What a thread needs to make attempts.
pub(crate) struct BlockingWorker<'r> {
    pub(crate) run: &'r Run<'r>,
    pub(crate) scheduler: &'r BlockingScheduler,
    pub(crate) client: BlockingClient,
    /// The number in records; `None` for a thread that makes a single attempt.
    pub(crate) worker: Option<usize>,
    /// Boxed, to keep it off the stack of a waiting thread.
    pub(crate) stats: Box<RunStats>,
}

/// Carries out `work` on `count` threads and adds up the results, such as statistics. `work` gets the index of its thread.
pub(crate) fn run_on_threads<T: Default + Send + for<'a> AddAssign<&'a T>>(
    run: &Run<'_>,
    count: usize,
    (name, stack_size): (&str, usize),
    work: impl Fn(usize) -> Result<Box<T>, RunError> + Sync,
) -> Result<T, RunError> {
    let total = Mutex::new(Ok(T::default()));
    let work = &|index| {
        // Cancels the run if this thread fails: the others would wait for its attempt to end.
        let cancel_on_failure = run.cancel.clone().drop_guard();
        let (stats, mut total) = (work(index), lock(&total));
        match stats {
            Ok(stats) => total.iter_mut().for_each(|total| *total += &*stats),
            Err(error) => {
                *total = Err(error);
                return;
            }
        }
        cancel_on_failure.disarm();
    };
    scope(|scope| {
        (1..=count).try_for_each(|number| {
            let builder = Builder::new().name(format!("{name}-{number}"));
            let builder = builder.stack_size(stack_size);
            let thread = builder.spawn_scoped(scope, move || work(number - 1));
            thread.inspect_err(|_| run.cancel.cancel()).map(drop)
        })
    })
    .map_err(RunError::Thread)?;
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Makes attempts until the scheduler has no more or the run is cancelled.
pub(crate) fn run_worker(
    run: &Run<'_>,
    scheduler: &BlockingScheduler,
    worker: usize,
) -> Box<RunStats> {
    let mut worker = BlockingWorker {
        run,
        scheduler,
        client: BlockingClient::new(scheduler.run_state.template.clone()),
        worker: Some(worker),
        stats: Box::default(),
    };
    if let Some(first) = scheduler.next() {
        worker.run_attempts(first);
    }
    worker.stats
}

impl BlockingWorker<'_> {
    /// Makes `first` and all further attempts of this thread.
    pub(crate) fn run_attempts(&mut self, first: AttemptSpec) {
        let (state, worker) = (&self.scheduler.run_state, self.worker);
        let token = &state.template.cancel;
        // On the heap, because the stacks of a thousand threads would each grow by a whole page.
        ready::output(Box::pin(run_attempts(state, token, self, worker, first)).as_mut());
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
        self.worker?;
        match slot {
            Slot::Next(Action::Start(spec)) => Some(spec),
            Slot::Held(id) => self.scheduler.release_and_next(id),
            Slot::Released | Slot::Next(_) => self.scheduler.next(),
        }
    }
}

impl AttemptDriver for BlockingWorker<'_> {
    async fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        _: Option<&CancellationToken>,
    ) -> Box<RawResponse> {
        self.client.exchange(request).await
    }

    async fn on_disk<T: Send + 'static>(
        &mut self,
        action: impl FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
        _: Option<&mut Slot>,
    ) -> Result<T, Outcome> {
        action(self.scheduler.run_state.folder())
    }

    async fn report(&mut self, record: Box<AttemptRecord>) {
        self.record(&record);
    }

    fn next(&mut self, slot: Slot) -> Option<AttemptSpec> {
        self.next_spec(slot)
    }
}
