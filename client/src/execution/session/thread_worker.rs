//! Makes the attempts of a session on a thread.

use super::attempt::Attempt;
use crate::execution::attempt::{AttemptDriver, run_attempts};
use crate::execution::{blocking_scheduler::BlockingScheduler, evaluation::Slot};
use crate::scheduler::AttemptSpec;
use crate::transport::{BlockingClient, RawResponse, RequestSpec};
use crate::{DownloadDir, ready};
use flagpole_protocol::{AttemptRecord, Outcome};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Makes attempts one after the other and blocks its thread meanwhile. It keeps its connection for the next attempt, and may
/// move to another thread between attempts.
pub struct ThreadWorker {
    scheduler: Arc<BlockingScheduler>,
    client: BlockingClient,
}

/// One attempt of a worker.
struct ThreadAttempt<'w> {
    worker: &'w mut ThreadWorker,
    record: Option<Box<AttemptRecord>>,
}

impl ThreadWorker {
    pub(super) fn new(scheduler: &Arc<BlockingScheduler>) -> ThreadWorker {
        ThreadWorker {
            client: BlockingClient::new(scheduler.run_state.template.clone()),
            scheduler: scheduler.clone(),
        }
    }

    /// Sends the request of an attempt, receives, verifies and saves the response, and returns the record, which is to be
    /// [reported](super::Session::report). The session may give further attempts then.
    #[expect(clippy::missing_panics_doc, reason = "every attempt is reported")]
    pub fn make(&mut self, attempt: Attempt) -> AttemptRecord {
        let (scheduler, spec) = (self.scheduler.clone(), attempt.spec());
        let state = &scheduler.run_state;
        let mut made = ThreadAttempt {
            worker: self,
            record: None,
        };
        let token = &state.template.cancel;
        // On the heap, because the stack of a thread may be small.
        ready::output(Box::pin(run_attempts(state, token, &mut made, None, spec)).as_mut());
        attempt.complete();
        *made.record.expect("an attempt has a record")
    }
}

impl AttemptDriver for ThreadAttempt<'_> {
    async fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        _: Option<&CancellationToken>,
    ) -> Box<RawResponse> {
        self.worker.client.exchange(request).await
    }

    async fn on_disk<T: Send + 'static>(
        &mut self,
        action: impl FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
        _: Option<&mut Slot>,
    ) -> Result<T, Outcome> {
        action(self.worker.scheduler.run_state.folder())
    }

    async fn report(&mut self, record: Box<AttemptRecord>) {
        self.record = Some(record);
    }

    fn next(&mut self, slot: Slot) -> Option<AttemptSpec> {
        if let Slot::Held(id) = slot {
            drop(self.worker.scheduler.release(id));
        }
        None
    }
}
