//! A task that makes one attempt after the other and ends when there is none, so that memory does not grow
//! with the workload. Another thread writes to the disk.

use super::attempt_loop::{AttemptLoop, PooledConnection};
use super::poll_on_wake::PollOnWake;
use crate::execution::attempt::{AttemptDriver, run_attempts};
use crate::execution::evaluated::Slot;
use crate::execution::storage_job::{StorageJob, StorageResult};
use crate::scheduler::{Action, AttemptSpec};
use crate::storage::resume::LocalCopy;
use crate::transport::{RawResponse, RequestSpec, hyper};
use flagpole_protocol::{AttemptRecord, Outcome, Resource};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::coop::consume_budget;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

struct Task {
    event_loop: Arc<AttemptLoop>,
    /// One future for all attempts: to register with the token for each would cost more than a request's
    /// head.
    cancelled: PollOnWake<WaitForCancellationFutureOwned>,
    connection: Option<PooledConnection>,
    observers: Option<mpsc::Sender<Box<AttemptRecord>>>,
}

/// Makes this attempt and all that follow in the same slot.
pub(super) async fn run_task(
    event_loop: Arc<AttemptLoop>,
    first: AttemptSpec,
    observers: Option<mpsc::Sender<Box<AttemptRecord>>>,
) {
    let mut task = Task {
        event_loop: event_loop.clone(),
        cancelled: PollOnWake::new(event_loop.cancel.clone().cancelled_owned()),
        connection: None,
        observers,
    };
    let AttemptLoop {
        run_state, cancel, ..
    } = &*event_loop;
    run_attempts(run_state, cancel, &mut task, first).await;
}

impl Task {
    fn put_back_connection(&mut self) {
        self.event_loop.idle().extend(self.connection.take());
    }
}

impl AttemptDriver for Task {
    fn worker(&self) -> Option<usize> {
        None
    }

    async fn local_copy(&mut self, resource: Resource) -> LocalCopy {
        let Some(writer) = &self.event_loop.disk_writer else {
            return LocalCopy::default();
        };
        let look_up = writer
            .submit(move |folder| Ok(folder.local_copy(resource)))
            .await;
        look_up.wait().await.unwrap_or_default()
    }

    async fn exchange(
        &mut self,
        request: &RequestSpec<'_>,
        own_token: Option<&CancellationToken>,
    ) -> Box<RawResponse> {
        let run_cancelled = Pin::new(&mut self.cancelled);
        let mut own_cancelled = pin!(own_token.map(CancellationToken::cancelled));
        let cancelled: Pin<&mut (dyn Future<Output = ()> + Send)> =
            match own_cancelled.as_mut().as_pin_mut() {
                Some(own_cancelled) => own_cancelled,
                None => run_cancelled,
            };
        if self.connection.is_none() {
            self.connection = self.event_loop.idle().pop();
        }
        let (template, connection) = (&self.event_loop.template, &mut self.connection);
        hyper::exchange(
            template,
            &hyper::TokioDriver,
            connection,
            request,
            cancelled,
        )
        .await
    }

    fn may_take_next_early(&self) -> bool {
        !self.cancelled.is_woken()
    }

    /// The slot is held until the job is in the writer's queue: a slow disk must hold requests back, or bodies
    /// would pile up. It is not held while the disk is busy, as the network is free then.
    async fn store(
        &mut self,
        job: Box<StorageJob>,
        slot: &mut Slot,
    ) -> Result<StorageResult, Outcome> {
        self.put_back_connection();
        let Some(writer) = &self.event_loop.disk_writer else {
            return Ok(StorageResult::default());
        };
        let queued = writer.submit(|folder| job.run(folder)).await;
        if let Slot::Held(id) = std::mem::replace(slot, Slot::Released) {
            self.event_loop.release(id);
            self.event_loop.notifier.notify(self.event_loop.index);
        }
        queued.wait().await
    }

    /// The observers are given each record before the task begins its next attempt: a slow one delays it.
    async fn report(&mut self, record: Box<AttemptRecord>) {
        self.event_loop.stats().record(&record);
        self.event_loop.notifier.notify_idle();
        // Attempts that fail without waiting must not keep the loop from other tasks.
        consume_budget().await;
        if let Some(observers) = &self.observers
            && let Err(TrySendError::Full(record)) = observers.try_send(record)
        {
            // Fails only if another task has panicked; the runtime drops this one then.
            let _ = observers.send(record).await;
        }
    }

    fn next(&mut self, slot: Slot) -> Option<AttemptSpec> {
        match slot {
            Slot::Next(Action::Start(spec)) => return Some(spec),
            Slot::Next(_) => {
                self.put_back_connection();
                self.event_loop.in_flight.fetch_sub(1, SeqCst);
                return None;
            }
            Slot::Held(id) => {
                self.put_back_connection();
                self.event_loop.release(id);
                // A retry may have become ready with the release.
                self.event_loop.notifier.notify_idle();
            }
            Slot::Released => {}
        }
        self.event_loop.next_of_task()
    }
}
