//! The state that all tasks of one event loop share.

use super::idle_notifier::IdleNotifier;
use crate::execution::run_state::RunState;
use crate::run::{Run, RunError};
use crate::scheduler::{Action, AttemptId, AttemptSpec};
use crate::storage::disk_writer::DiskWriter;
use crate::transport::{RequestTemplate, hyper};
use flagpole_protocol::RunStats;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub(super) type PooledConnection = Box<hyper::HyperConnection<TcpStream>>;

/// An event loop and its part of the concurrency. Several loops may share the scheduler.
pub(crate) struct AttemptLoop {
    pub(super) run_state: Arc<RunState>,
    pub(super) disk_writer: Option<Arc<DiskWriter>>,
    /// A deep copy: with a shared template, loops on other cores would contend for its reference counts.
    pub(super) template: RequestTemplate,
    /// The maximum number of attempts of this loop in flight.
    concurrency: usize,
    pub(super) in_flight: AtomicUsize,
    /// Open connections without a request. The last used connection is taken first, because the server is least
    /// likely to have closed that one. A task puts its connection back before it releases its concurrency slot, so
    /// that there are never more connections than slots.
    idle: Mutex<Vec<PooledConnection>>,
    stats: Mutex<RunStats>,
    pub(super) notifier: IdleNotifier,
    /// The loop's index in the notifier.
    pub(super) index: usize,
    /// A child of the run's token. Every attempt reads the token, and loops on different cores would contend for a
    /// shared token.
    pub(super) cancel: CancellationToken,
}

/// Starts the thread that writes to the disk, if the run saves bodies.
pub(crate) fn disk_writer(run: &Run<'_>) -> Result<Option<Arc<DiskWriter>>, RunError> {
    let writer = run.destination.cloned().map(DiskWriter::start).transpose();
    Ok(writer.map_err(RunError::Thread)?.map(Arc::new))
}

impl AttemptLoop {
    /// A loop for each share of the concurrency.
    pub(crate) fn for_shares(
        run_state: &Arc<RunState>,
        disk_writer: Option<&Arc<DiskWriter>>,
        shares: &[usize],
    ) -> Vec<Arc<AttemptLoop>> {
        let notifier = IdleNotifier::new(shares.len());
        let new = |(index, concurrency): (usize, &usize)| {
            Arc::new(AttemptLoop {
                cancel: run_state.template.cancel.child_token(),
                template: run_state.template.clone_unshared(),
                run_state: run_state.clone(),
                disk_writer: disk_writer.cloned(),
                concurrency: *concurrency,
                in_flight: AtomicUsize::new(0),
                idle: Mutex::default(),
                stats: Mutex::default(),
                notifier: notifier.clone(),
                index,
            })
        };
        shares.iter().enumerate().map(new).collect()
    }

    /// A loop with the whole concurrency.
    pub(crate) fn new(
        run_state: &Arc<RunState>,
        disk_writer: Option<&Arc<DiskWriter>>,
        concurrency: usize,
    ) -> Arc<AttemptLoop> {
        AttemptLoop::for_shares(run_state, disk_writer, &[concurrency]).remove(0)
    }

    /// The next action of the loop's main task.
    pub(super) fn next(&self) -> Action {
        let has_slot = self.in_flight.load(SeqCst) < self.concurrency;
        self.notifier.set_idle(self.index, has_slot);
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

    /// Closes the idle connections. Must be called before the runtime in which they are registered ends.
    pub(crate) fn close_idle(&self) {
        self.idle().clear();
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, Vec<PooledConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stats(&self) -> MutexGuard<'_, RunStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
