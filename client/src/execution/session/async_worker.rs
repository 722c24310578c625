//! Makes the attempts of a session in a task.

use super::attempt::Attempt;
use crate::DownloadDir;
use crate::execution::attempt::{AttemptDriver, run_attempts};
use crate::execution::{blocking_scheduler::BlockingScheduler, evaluation::Slot};
use crate::scheduler::AttemptSpec;
use crate::transport::{PooledConnection, RawResponse, RequestSpec, TaskDriver, exchange};
use flagpole_protocol::{AttemptRecord, Outcome};
use std::pin::pin;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// Makes attempts one after the other, within a tokio runtime with I/O and time, on whose blocking threads bodies are saved.
/// It keeps its connection for the next attempt, and may move to another task of the runtime between attempts.
pub struct AsyncWorker {
    scheduler: Arc<BlockingScheduler>,
    connection: Option<PooledConnection>,
    driver: TaskDriver,
}

/// One attempt of a worker.
struct AsyncAttempt<'w> {
    worker: &'w mut AsyncWorker,
    record: Option<Box<AttemptRecord>>,
}

impl AsyncWorker {
    pub(super) fn new(scheduler: &Arc<BlockingScheduler>) -> AsyncWorker {
        AsyncWorker {
            scheduler: scheduler.clone(),
            connection: None,
            driver: TaskDriver::default(),
        }
    }

    /// Sends the request of an attempt, receives, verifies and saves the response, and returns the record, which is to be
    /// [reported](super::Session::report). The session may give further attempts then. Dropping the future ends the run.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time.
    pub async fn make(&mut self, attempt: Attempt) -> AttemptRecord {
        let (scheduler, spec) = (self.scheduler.clone(), attempt.spec());
        let state = &scheduler.run_state;
        let mut made = AsyncAttempt {
            worker: self,
            record: None,
        };
        run_attempts(state, &state.template.cancel, &mut made, None, spec).await;
        attempt.complete();
        *made.record.expect("an attempt has a record")
    }
}

impl AttemptDriver for AsyncAttempt<'_> {
    async fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        _: Option<&CancellationToken>,
    ) -> Box<RawResponse> {
        let AsyncWorker {
            scheduler,
            connection,
            driver,
        } = &mut *self.worker;
        let template = &scheduler.run_state.template;
        let cancelled = pin!(request.cancel.cancelled());
        exchange(template, driver, connection, request, cancelled).await
    }

    async fn on_disk<T: Send + 'static>(
        &mut self,
        action: impl FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
        _: Option<&mut Slot>,
    ) -> Result<T, Outcome> {
        let folder = self.worker.scheduler.run_state.folder().clone();
        let done = spawn_blocking(move || action(&folder)).await;
        done.unwrap_or_else(|failed| {
            Err(Outcome::WriteFailed {
                message: failed.to_string(),
            })
        })
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
