//! State shared by the workers of a listener, and by a worker and its connections.

use crate::config::connection_limits::ConnectionLimits;
use crate::fate::request_counters::RequestCounters;
use crate::journal::Journal;
use crate::net::limit_reports::LimitReports;
use crate::net::listener_version::{ListenerVersion, WorkerVersion};
use crate::net::timer::Timer;
use crate::net::window_clock::WindowClock;
use flagpole_protocol::{JournalEntry, Ledger, ResponseEnd, ServerLimit};
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// A listener, one server of a profile, as its workers share it.
#[derive(Debug)]
pub(crate) struct SharedListener {
    /// The current version of what can change while the server runs.
    pub(crate) versions: watch::Sender<Arc<ListenerVersion>>,
    pub(crate) counters: RequestCounters,
    pub(crate) connection_limits: ConnectionLimits,
    /// One permit for each connection that may still be opened.
    pub(crate) connection_permits: Arc<Semaphore>,
    /// Reports that a limit was reached.
    pub(crate) limit_reports: LimitReports,
    /// Maximum number of journal entries in each worker's ledger (the counts of what the server did).
    pub(crate) journal_capacity: usize,
    pub(crate) journal: Option<Journal>,
    /// When the server started; the times in the journal count from this instant.
    pub(crate) start: Instant,
    pub(crate) window_clock: WindowClock,
    /// Whether workers use tokio's timer instead of the most precise one of the system.
    pub(crate) uses_tokio_timer: bool,
}

impl SharedListener {
    /// Whether journal entries are recorded.
    pub(crate) fn logs_requests(&self) -> bool {
        self.journal_capacity > 0 || self.journal.is_some()
    }

    /// The number of open connections.
    pub(crate) fn open_connections(&self) -> usize {
        self.connection_limits.connections - self.connection_permits.available_permits()
    }
}

/// State that a worker shares with its connections. It stays on the worker's thread.
#[derive(Debug)]
pub(crate) struct WorkerContext {
    pub(crate) listener: Arc<SharedListener>,
    ledger: Arc<Mutex<Ledger>>,
    /// Where the worker notices that there is a new version.
    versions: RefCell<watch::Receiver<Arc<ListenerVersion>>>,
    /// The version that the worker noticed last.
    version: RefCell<Rc<WorkerVersion>>,
    pub(crate) timer: Timer,
    /// Seconds since the worker started, advanced once per second.
    pub(crate) tick: Cell<u64>,
    /// Whether the server is shutting down: requests in progress are finished, no other is started.
    pub(crate) draining: Cell<bool>,
}

impl WorkerContext {
    pub(crate) fn new(
        listener: Arc<SharedListener>,
        ledger: Arc<Mutex<Ledger>>,
    ) -> io::Result<WorkerContext> {
        let timer = if listener.uses_tokio_timer {
            Timer::Tokio
        } else {
            Timer::new()?
        };
        let mut versions = listener.versions.subscribe();
        let version = versions.borrow_and_update().clone();
        Ok(WorkerContext {
            listener,
            ledger,
            versions: RefCell::new(versions),
            version: RefCell::new(WorkerVersion::new(version)),
            timer,
            tick: Cell::new(0),
            draining: Cell::new(false),
        })
    }

    /// Locks this worker's ledger. Only this worker writes to the ledger, so the lock is rarely contended.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current version of the listener.
    pub(crate) fn version(&self) -> Rc<WorkerVersion> {
        // An error would mean that the sender is gone, which the listener holds.
        let has_changed = self.versions.borrow().has_changed().unwrap_or(false);
        if has_changed {
            let version = self.versions.borrow_mut().borrow_and_update().clone();
            self.version.replace(WorkerVersion::new(version));
        }
        self.version.borrow().clone()
    }

    /// How long the connection that arrives now waits until it is accepted.
    pub(crate) fn accept_delay(&self) -> Option<Duration> {
        let listener = &self.listener;
        let schedule = &self.version().accept_schedule;
        let delay = schedule.accept_delay_at(listener.start.elapsed());
        Some(delay).filter(|delay| !delay.is_zero())
    }

    /// Counts and reports that a limit was reached.
    pub(crate) fn count_limit(&self, limit: ServerLimit) {
        self.ledger().count_limit(limit);
        self.listener.limit_reports.report(limit, Instant::now());
    }

    /// Counts a response that ended, and stores its journal entry, if there is one, in the journal and in the ledger.
    pub(crate) fn finish_request(&self, end: ResponseEnd, entry: Option<JournalEntry>) {
        let capacity = self.listener.journal_capacity;
        let entry = match (&self.listener.journal, entry) {
            (Some(journal), Some(entry)) if capacity == 0 => {
                journal.write(entry);
                None
            }
            (Some(journal), Some(entry)) => {
                journal.write(entry.clone());
                Some(entry)
            }
            (_, entry) => entry,
        };
        let mut ledger = self.ledger();
        ledger.count_end(end);
        if let Some(entry) = entry {
            ledger.store_entry(entry, capacity);
        }
    }
}
