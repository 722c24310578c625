//! The state that all tasks of one event loop share.

use super::idle_connections::IdleConnections;
use super::loop_sink::LoopSink;
use crate::lock::lock;
use crate::scheduler::{Action, AttemptId, AttemptSpec};
use crate::transport::{PooledConnection, RequestTemplate};
use crate::{Run, RunError, execution::run_state::RunState, storage::disk_writer::DiskWriter};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// An event loop and its part of the concurrency. Several loops may share the scheduler.
pub(crate) struct AttemptLoop {
    pub(crate) run_state: Arc<RunState>,
    pub(super) disk_writer: Option<Arc<DiskWriter>>,
    /// A deep copy: with a shared template, loops on other cores would contend for its reference counts.
    pub(super) template: RequestTemplate,
    /// The maximum number of attempts of this loop in flight.
    concurrency: usize,
    pub(crate) in_flight: AtomicUsize,
    /// Open connections without a request. A task puts its connection back before it releases its concurrency slot, so
    /// that an endpoint never has more connections than the loop has slots.
    idle: Mutex<IdleConnections<PooledConnection>>,
    pub(crate) sink: Mutex<LoopSink>,
    /// The signals of all loops of the run, and the index of this loop's.
    signals: Arc<[LoopSignal]>,
    index: usize,
    /// Whether the end of a request makes no other request due.
    has_independent_source: bool,
    /// A child of the run's token. Every attempt reads the token, and loops on different cores would contend for a
    /// shared token.
    pub(super) cancel: CancellationToken,
}

/// Wakes an event loop that has free slots when there may be an attempt to make.
#[derive(Debug, Default)]
struct LoopSignal {
    notify: Notify,
    /// The loop waits although it has free concurrency slots.
    is_idle: AtomicBool,
}

impl AttemptLoop {
    /// A loop for each share of the concurrency.
    pub(crate) fn for_shares(
        run: &Run<'_>,
        run_state: &Arc<RunState>,
        shares: &[usize],
    ) -> Result<Vec<Arc<AttemptLoop>>, RunError> {
        let disk_writer = run.destination.cloned().map(DiskWriter::start).transpose();
        let disk_writer = disk_writer.map_err(RunError::Thread)?.map(Arc::new);
        let signals: Arc<[LoopSignal]> = shares.iter().map(|_| LoopSignal::default()).collect();
        let has_independent_source = run_state.scheduler().has_independent_source();
        let new = |(index, concurrency): (usize, &usize)| {
            Arc::new(AttemptLoop {
                cancel: run_state.template.cancel.child_token(),
                template: run_state.template.clone_unshared(),
                run_state: run_state.clone(),
                disk_writer: disk_writer.clone(),
                concurrency: *concurrency,
                in_flight: AtomicUsize::new(0),
                idle: Mutex::new(IdleConnections::new(run_state.template.endpoint_count())),
                sink: Mutex::default(),
                signals: signals.clone(),
                index,
                has_independent_source,
            })
        };
        Ok(shares.iter().enumerate().map(new).collect())
    }

    /// The next action of the loop's main task. The loop is marked as idle or not before it takes the action from the
    /// scheduler, so that an attempt that becomes ready afterwards wakes the loop.
    pub(super) fn next(&self) -> Action {
        let has_slot = self.in_flight.load(SeqCst) < self.concurrency;
        self.signals[self.index].is_idle.store(has_slot, SeqCst);
        if has_slot {
            self.run_state.next()
        } else {
            Action::Blocked
        }
    }

    /// The next attempt of a task that has released its slot, unless another task has taken the slot.
    pub(super) fn next_of_task(&self) -> Option<AttemptSpec> {
        let has_slot = self.in_flight.fetch_add(1, SeqCst) < self.concurrency;
        if has_slot
            && !self.cancel.is_cancelled()
            && let Action::Start(spec) = self.run_state.next()
        {
            return Some(spec);
        }
        self.in_flight.fetch_sub(1, SeqCst);
        None
    }

    /// Releases the slot of an attempt.
    pub(super) fn release(&self, id: AttemptId) {
        self.run_state.scheduler().release_slot(id);
        self.in_flight.fetch_sub(1, SeqCst);
    }

    /// An open connection to this endpoint, if there is one, instead of a connection to another one.
    pub(super) fn exchange_connection(
        &self,
        endpoint: usize,
        other: Option<PooledConnection>,
    ) -> Option<PooledConnection> {
        self.put_back(other);
        lock(&self.idle).take(endpoint)
    }

    /// Puts back a connection without a request.
    pub(super) fn put_back(&self, connection: Option<PooledConnection>) {
        if let Some(connection) = connection {
            lock(&self.idle).put(connection.endpoint(), connection);
        }
    }

    /// Closes all connections without a request.
    pub(super) fn close_idle(&self) {
        lock(&self.idle).clear();
    }

    /// Waits for a notification of this loop; an earlier notification counts once.
    pub(super) async fn notified(&self) {
        self.signals[self.index].notify.notified().await;
    }

    /// Wakes this loop, idle or not, because one of its concurrency slots has become free.
    pub(super) fn notify(&self) {
        self.signals[self.index].notify.notify_one();
    }

    /// Wakes the idle loops for which an attempt may be ready after one has ended. A task of this loop takes the next attempt
    /// itself; this loop needs to wait for another time only if something has become due later.
    pub(super) fn notify_end(&self, is_final: bool) {
        if is_final && self.has_independent_source {
            self.notify_other_idle();
        } else {
            self.notify_idle();
        }
    }

    /// Wakes all idle loops, because an attempt may be ready.
    pub(super) fn notify_idle(&self) {
        self.notify_idle_except(usize::MAX);
    }

    /// Wakes all idle loops except this one, which takes its next action anyway.
    pub(super) fn notify_other_idle(&self) {
        self.notify_idle_except(self.index);
    }

    fn notify_idle_except(&self, index: usize) {
        for (at, signal) in self.signals.iter().enumerate() {
            if at != index && signal.is_idle.load(SeqCst) {
                signal.notify.notify_one();
            }
        }
    }
}
