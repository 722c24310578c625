//! Records the requests of one worker: in the ledger, in the journal in memory, and in the journal file.

use crate::observe::event;
use crate::observe::journal::Journal;
use crate::observe::request_log::{LogTicket, RequestLog};
use flagpole_protocol::{
    Cause, ErrorEntry, JournalEntry, Ledger, RequestEntry, RequestOutcome, ResponseEnd, reason,
};
use http::HeaderName;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The number of the next entry. All servers of a process share it, so that entries of several have one order.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// What is recorded of requests, besides the counts.
#[derive(Clone, Debug)]
pub(crate) struct RecordingConfig {
    /// Maximum number of entries in the memory of each worker.
    pub(crate) capacity: usize,
    pub(crate) journal: Option<Journal>,
    /// Whether each request that is over is an event of `tracing`.
    pub(crate) emits_events: bool,
    /// The request fields in the entries.
    pub(crate) fields: Vec<HeaderName>,
}

/// Records the requests of one worker, on its thread.
#[derive(Debug)]
pub(crate) struct Recorder {
    config: RecordingConfig,
    /// Whether there are entries of requests.
    has_entries: bool,
    log: Arc<Mutex<RequestLog>>,
    /// The name of the listener; not shared with other workers, because each entry counts its references.
    listener: Option<Arc<str>>,
    start: Instant,
    /// The wall-clock time at `start`, since the Unix epoch. It is read once a second, because a clock may be set and `start` does not advance
    /// while the system sleeps.
    start_time: Cell<Duration>,
}

/// What is stamped on each entry.
pub(crate) struct EntryStamp {
    pub(crate) id: u64,
    pub(crate) at: Duration,
    /// The wall-clock time since the Unix epoch.
    pub(crate) unix_time: Duration,
    pub(crate) listener: Option<Arc<str>>,
}

/// The record of a request in progress.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    ticket: LogTicket,
    /// `None` if there are no entries.
    entry: Option<OpenEntry>,
}

/// What is known of the outcome of a request in progress.
#[derive(Debug)]
struct OpenEntry {
    /// When the request began, from the start of the server.
    at: Duration,
    status: Option<u16>,
    lateness: Option<Duration>,
    peer_closed: Option<Duration>,
    /// A copy of the entry for the line or the event of the end, if there is one.
    request: Option<Box<RequestEntry>>,
}

impl Recorder {
    /// A recorder into `log`. `start`: when the server started.
    pub(crate) fn new(
        config: RecordingConfig,
        log: Arc<Mutex<RequestLog>>,
        listener: Option<&str>,
        start: Instant,
    ) -> Recorder {
        let recorder = Recorder {
            has_entries: config.capacity > 0 || config.journal.is_some() || config.emits_events,
            config,
            log,
            listener: listener.map(Arc::from),
            start,
            start_time: Cell::default(),
        };
        recorder.read_clock();
        recorder
    }

    /// Reads the wall clock.
    pub(crate) fn read_clock(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let start_time = now.unwrap_or_default().saturating_sub(self.start.elapsed());
        self.start_time.set(start_time);
    }

    /// The request fields in the entries.
    pub(crate) fn fields(&self) -> &[HeaderName] {
        &self.config.fields
    }

    /// The stamp of the entry of what happened at `instant`.
    pub(crate) fn stamp(&self, instant: Instant) -> EntryStamp {
        let at = instant.saturating_duration_since(self.start);
        EntryStamp {
            id: NEXT_ID.fetch_add(1, Relaxed),
            at,
            unix_time: self.start_time.get() + at,
            listener: self.listener.clone(),
        }
    }

    /// Counts something that belongs to no request.
    pub(crate) fn count(&self, count: impl FnOnce(&mut Ledger)) {
        count(self.log().ledger_mut());
    }

    /// Stores the entry of an error that happened `count` times.
    pub(crate) fn record_error(
        &self,
        connection: Option<u64>,
        status: Option<u16>,
        error: &str,
        count: u64,
    ) {
        if !self.has_entries {
            return;
        }
        let stamp = self.stamp(Instant::now());
        let entry = ErrorEntry {
            id: stamp.id,
            at: stamp.at,
            unix_time: stamp.unix_time,
            listener: stamp.listener,
            connection,
            status,
            error: reason(&error).into(),
            count,
        };
        if let Some(journal) = &self.config.journal {
            journal.write(JournalEntry::Error(entry.clone()));
        }
        self.log().push_error(entry);
    }

    /// Locks the log. Only this worker writes to it, so the lock is rarely contended.
    fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a request began. `is_first`: the ledger does not count its connection yet. `entry` is called if there are
    /// entries; it is no value, because copying an absent one would cost each request.
    pub(crate) fn begin(
        &self,
        cause: &Cause,
        is_first: bool,
        entry: impl FnOnce() -> RequestEntry,
    ) -> RequestRecord {
        if self.has_entries {
            return self.begin_with_entry(cause, is_first, entry());
        }
        let mut log = self.log();
        log.ledger_mut().connections += u64::from(is_first);
        RequestRecord {
            ticket: log.begin(cause),
            entry: None,
        }
    }

    fn begin_with_entry(
        &self,
        cause: &Cause,
        is_first: bool,
        entry: RequestEntry,
    ) -> RequestRecord {
        if let Some(journal) = &self.config.journal {
            journal.write(JournalEntry::Begin(entry.clone()));
        }
        let is_copied = self.config.journal.is_some() || self.config.emits_events;
        let open = OpenEntry {
            at: entry.at,
            status: None,
            lateness: None,
            peer_closed: None,
            request: is_copied.then(|| Box::new(entry.clone())),
        };
        let mut log = self.log();
        log.ledger_mut().connections += u64::from(is_first);
        let ticket = log.begin(cause);
        log.push_request(entry);
        RequestRecord {
            ticket,
            entry: Some(open),
        }
    }

    /// Records the status of a response before its first byte is written.
    pub(crate) fn set_status(&self, record: &mut RequestRecord, status: u16) {
        if let Some(ledger) = self.log().ledger_of(record.ticket) {
            ledger.count_response(status);
        }
        if let Some(entry) = &mut record.entry {
            entry.status = Some(status);
        }
    }

    /// Records how a response is planned to end, now that its length is known.
    pub(crate) fn set_ending(
        &self,
        record: &mut RequestRecord,
        ending: impl FnOnce() -> Cow<'static, str>,
    ) {
        let Some(entry) = &mut record.entry else {
            return;
        };
        let ending = ending();
        if let Some(request) = &mut entry.request {
            request.ending.clone_from(&ending);
        }
        self.log().set_ending(record.ticket, ending);
    }

    /// Records how late the first write of a delayed response returned; `None` if it was early.
    pub(crate) fn set_lateness(&self, record: &mut RequestRecord, lateness: Option<Duration>) {
        if let Some(ledger) = self.log().ledger_of(record.ticket) {
            match lateness {
                Some(lateness) => ledger.lateness.record(lateness),
                None => ledger.record_early_response(),
            }
        }
        if let Some(entry) = &mut record.entry {
            entry.lateness = Some(lateness.unwrap_or_default());
        }
    }

    /// Records that the peer has just closed its sending side.
    pub(crate) fn set_peer_closed(&self, record: &mut RequestRecord) {
        if let Some(entry) = &mut record.entry {
            let since = self.start.elapsed().saturating_sub(entry.at);
            entry.peer_closed.get_or_insert(since);
        }
    }

    /// Records the end of a response of which `bytes` bytes were written.
    pub(crate) fn end(&self, record: RequestRecord, end: ResponseEnd, bytes: u64) {
        let outcome = record.entry.as_ref().map(|entry| RequestOutcome {
            status: entry.status,
            bytes,
            end,
            lateness: entry.lateness,
            peer_closed: entry.peer_closed,
            duration: self.start.elapsed().saturating_sub(entry.at),
        });
        self.log().end(record.ticket, end, outcome.clone());
        let request = record.entry.and_then(|entry| entry.request);
        let (Some(request), Some(outcome)) = (request, outcome) else {
            return;
        };
        if self.config.emits_events {
            event::emit(&request, &outcome);
        }
        if let Some(journal) = &self.config.journal {
            let request = *request;
            journal.write(JournalEntry::End { request, outcome });
        }
    }
}
