//! State shared by the workers of a listener, and by a worker and its connections.

use crate::config::connection_limits::ConnectionLimits;
use crate::content::site::Content;
use crate::fate::request_counters::RequestCounters;
use crate::fate::rule_set::RuleSet;
use crate::journal::Journal;
use crate::limits::ListenerLimits;
use crate::limits::accept_schedule::AcceptSchedule;
use crate::net::limit_reports::LimitReports;
use crate::net::timer::Timer;
use crate::net::window_clock::WindowClock;
use flagpole_protocol::{JournalEntry, Ledger, ResponseEnd, ServerLimit};
use std::cell::Cell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// A listener, one server of a profile, as its workers share it.
#[derive(Debug)]
pub(crate) struct SharedListener {
    pub(crate) content: Content,
    pub(crate) rule_set: RuleSet,
    pub(crate) limits: ListenerLimits,
    /// When connections are accepted late or refused.
    pub(crate) accept_schedule: AcceptSchedule,
    /// Whether there are no rules, faults, delays and limits; computed at start, because every request needs
    /// the answer.
    pub(crate) passthrough: bool,
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
        Ok(WorkerContext {
            listener,
            ledger,
            timer,
            tick: Cell::new(0),
            draining: Cell::new(false),
        })
    }

    /// Locks this worker's ledger. Only this worker writes to the ledger, so the lock is rarely contended.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the connection that arrives now waits until it is accepted.
    pub(crate) fn accept_delay(&self) -> Option<Duration> {
        let listener = &self.listener;
        let delay = (listener.accept_schedule).accept_delay_at(listener.start.elapsed());
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
