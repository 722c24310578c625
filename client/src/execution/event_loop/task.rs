//! A task that makes attempts in sequence in one concurrency slot, and ends when no attempt is ready. There is no
//! task per download, so that memory does not grow with the workload.

use super::attempt_loop::AttemptLoop;
use super::poll_on_wake::PollOnWake;
use crate::execution::attempt::{AttemptDriver, run_attempts};
use crate::scheduler::{Action, AttemptSpec};
use crate::transport::{PooledConnection, RawResponse, RequestSpec, TaskDriver, exchange};
use crate::{DownloadDir, execution::evaluation::Slot, lock::lock};
use flagpole_protocol::{AttemptRecord, Outcome};
use std::mem::replace;
use std::pin::{Pin, pin};
use std::sync::{Arc, atomic::Ordering::SeqCst};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::coop::consume_budget;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The worker of one task. The thread of the disk writer stores bodies.
struct TaskWorker {
    attempt_loop: Arc<AttemptLoop>,
    /// Completes when the run is cancelled. One future for all attempts: registering a new future with the token for
    /// each attempt would take longer than writing the head of a request.
    cancelled: PollOnWake<WaitForCancellationFutureOwned>,
    connection: Option<PooledConnection>,
    driver: TaskDriver,
    /// Sends records to the main task of the loop; `None` if no callback wants records.
    record_sender: Option<mpsc::Sender<Box<AttemptRecord>>>,
}

/// Makes `first` and all further attempts of one task.
pub(super) async fn run_task(
    attempt_loop: Arc<AttemptLoop>,
    first: AttemptSpec,
    record_sender: Option<mpsc::Sender<Box<AttemptRecord>>>,
) {
    let mut task = TaskWorker {
        attempt_loop: attempt_loop.clone(),
        cancelled: PollOnWake::new(attempt_loop.cancel.clone().cancelled_owned()),
        connection: None,
        driver: TaskDriver::default(),
        record_sender,
    };
    let AttemptLoop {
        run_state, cancel, ..
    } = &*attempt_loop;
    run_attempts(run_state, cancel, &mut task, None, first).await;
}

impl TaskWorker {
    fn put_back_connection(&mut self) {
        self.attempt_loop.put_back(self.connection.take());
    }
}

impl AttemptDriver for TaskWorker {
    async fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        hedge_token: Option<&CancellationToken>,
    ) -> Box<RawResponse> {
        let run_cancelled = Pin::new(&mut self.cancelled);
        let mut hedge_cancelled = pin!(hedge_token.map(CancellationToken::cancelled));
        let cancelled: Pin<&mut (dyn Future<Output = ()> + Send)> =
            // Cancelling the run cancels the child token of a hedged attempt too.
            match hedge_cancelled.as_mut().as_pin_mut() {
                Some(hedge_cancelled) => hedge_cancelled,
                None => run_cancelled,
            };
        let endpoint = (self.attempt_loop.template).endpoint_index(request.message);
        let connected = self.connection.as_ref().map(PooledConnection::endpoint);
        if connected != Some(endpoint) {
            let other = self.connection.take();
            self.connection = self.attempt_loop.exchange_connection(endpoint, other);
        }
        let (template, connection) = (&self.attempt_loop.template, &mut self.connection);
        let driver = &mut self.driver;
        exchange(template, driver, connection, request, cancelled).await
    }

    /// Yes, unless the run may have been cancelled.
    fn takes_next_before_report(&self) -> bool {
        !self.cancelled.is_woken()
    }

    /// Holds the slot until the job is in the writer's queue, so that a slow disk delays requests and bodies do not
    /// pile up. Releases the slot while the job waits for the disk, because the network is free then.
    async fn on_disk<T: Send + 'static>(
        &mut self,
        action: impl FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
        slot: Option<&mut Slot>,
    ) -> Result<T, Outcome> {
        let writer = self.attempt_loop.disk_writer.as_ref();
        let writer = writer.expect("only a run with a folder reads and changes files");
        let queued = writer.submit(action).await;
        if let Some(slot) = slot
            && let Slot::Held(id) = replace(slot, Slot::Released)
        {
            self.put_back_connection();
            self.attempt_loop.release(id);
            self.attempt_loop.notify();
        }
        queued.await
    }

    /// Sends the record before the task begins its next attempt, so that a slow callback delays that attempt.
    async fn report(&mut self, record: Box<AttemptRecord>) {
        lock(&self.attempt_loop.sink).record(&record);
        self.attempt_loop.notify_end(record.is_final);
        // Lets other tasks run even if all attempts of this task fail without waiting.
        consume_budget().await;
        if let Some(record_sender) = &self.record_sender
            && let Err(TrySendError::Full(record)) = record_sender.try_send(record)
        {
            // Fails only after a panic of another task, when the runtime drops this task too.
            let _ = record_sender.send(record).await;
        }
    }

    fn next(&mut self, slot: Slot) -> Option<AttemptSpec> {
        match slot {
            Slot::Next(Action::Start(spec)) => return Some(spec),
            // The evaluation has released the scheduler's slot, but not the loop's.
            Slot::Next(Action::SleepUntil(_) | Action::Blocked | Action::Finished) => {
                self.put_back_connection();
                self.attempt_loop.in_flight.fetch_sub(1, SeqCst);
                return None;
            }
            Slot::Held(id) => {
                self.put_back_connection();
                self.attempt_loop.release(id);
                // A retry may have become ready with the release.
                self.attempt_loop.notify_idle();
            }
            Slot::Released => {}
        }
        self.attempt_loop.next_of_task()
    }
}
