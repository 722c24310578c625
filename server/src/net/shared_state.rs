//! State shared by the workers of a listener, and by a worker and its connections.

use crate::config::connection_limits::ConnectionLimits;
use crate::fate::request_counters::RequestCounters;
use crate::net::limit_reports::LimitReports;
use crate::net::listener_version::{ListenerVersion, WorkerVersion};
use crate::net::timer::Timer;
use crate::net::window_clock::WindowClock;
use crate::observe::recorder::Recorder;
use flagpole_protocol::ServerLimit;
use http::HeaderName;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
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
    /// The request fields in journal entries.
    pub(crate) journal_fields: Vec<HeaderName>,
    /// The number of the last accepted connection.
    pub(crate) last_connection: AtomicU64,
    /// When the server started; the times in the journal count from this instant.
    pub(crate) start: Instant,
    pub(crate) window_clock: WindowClock,
    /// Whether workers use tokio's timer instead of the most precise one of the system.
    pub(crate) uses_tokio_timer: bool,
}

impl SharedListener {
    /// The number of open connections.
    pub(crate) fn open_connections(&self) -> usize {
        self.connection_limits.connections - self.connection_permits.available_permits()
    }
}

/// State that a worker shares with its connections. It stays on the worker's thread.
#[derive(Debug)]
pub(crate) struct WorkerContext {
    pub(crate) listener: Arc<SharedListener>,
    pub(crate) recorder: Recorder,
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
        recorder: Recorder,
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
            recorder,
            versions: RefCell::new(versions),
            version: RefCell::new(WorkerVersion::new(version)),
            timer,
            tick: Cell::new(0),
            draining: Cell::new(false),
        })
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
        self.recorder.count(|ledger| ledger.count_limit(limit));
        self.listener.limit_reports.report(limit, Instant::now());
    }
}
