//! The exchange under way on a connection, shared by the one who answers and the one who writes.
//!
//! An entry of the ledger opens when a request's head has been parsed. It closes when the answer's
//! last byte has been handed to the system, or when the connection goes: hyper drops the answering
//! future when the peer leaves, so the closing is tied to a drop.

use crate::fate::request_counters::Place;
use crate::fate::rule_set::{Decision, RuleSet};
use crate::http::write_schedule as schedule;
use crate::limits::concurrency::Permit;
use crate::net::http1::shaped_stream::Script;
use crate::net::worker::{Listener, Worker};
use flagpole_protocol::FateKey;
use flagpole_protocol::{Cause, JournalEntry};
use flagpole_protocol::{Ending, Fate, Pace};
use http::{Method, Request};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    worker: Rc<Worker>,
    /// The connection's place in the worker's register.
    number: u64,
    _permit: OwnedSemaphorePermit,
    open: RefCell<Option<Open>>,
    /// What the wire must know of an answer whose bytes are not all to be written at once.
    script: RefCell<Option<Script>>,
    /// The due time of an answer of which nothing has been written yet.
    due: Cell<Option<Instant>>,
    /// Whether all of the answer is in hyper's buffer.
    handed_over: Cell<bool>,
    /// Whether hyper's buffer may hold bytes of an answer.
    unflushed: Cell<bool>,
    /// Whether somebody waits until it holds none.
    is_awaited: Cell<bool>,
    /// The worker's tick at which the wait for a head began; `None` while an answer is under way and
    /// on an idle connection.
    head_since: Cell<Option<u64>>,
    ended: Cell<bool>,
    ended_by_fault: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What is only kept of a request that is told of one by one.
#[derive(Debug)]
pub(crate) struct Details {
    at: Duration,
    method: Method,
    /// The path of what is no resource.
    path: Option<Box<str>>,
    rule: Option<usize>,
    shape: (Pace, Ending),
    /// How many bytes the answer's body has or, before there is one, would have.
    body: u64,
}

impl Details {
    /// Those of a request, if they are wanted.
    pub(crate) fn of<B>(
        listener: &Listener,
        request: &Request<B>,
        key: FateKey,
        decided: &Decision,
        parsed: impl FnOnce() -> Instant,
    ) -> Option<Box<Details>> {
        listener.tells().then(|| {
            let is_head = request.method() == Method::HEAD;
            Box::new(Details {
                at: parsed().saturating_duration_since(listener.start),
                method: request.method().clone(),
                path: (key == FateKey::Other).then(|| shortened(request.uri().path())),
                rule: decided.rule,
                shape: (decided.fate.pace, decided.fate.ending),
                body: if is_head {
                    0
                } else {
                    listener.site.length(key)
                },
            })
        })
    }
}

/// The longest path that is told of, in bytes: whoever asks for longer ones is not to fill the memory.
const PATH_MAX: usize = 256;

/// A path, cut if it is a long one.
fn shortened(path: &str) -> Box<str> {
    match path
        .char_indices()
        .find(|(at, letter)| at + letter.len_utf8() > PATH_MAX)
    {
        None => path.into(),
        Some((end, _)) => format!("{}…", &path[..end]).into(),
    }
}

/// A request that is not over.
#[derive(Debug)]
struct Open {
    key: FateKey,
    place: Place,
    cause: Cause,
    planned: Duration,
    late: Option<Duration>,
    status: Option<u16>,
    seat: Option<Permit>,
    is_endless: bool,
    details: Option<Box<Details>>,
}

impl Open {
    /// The entry of a request that is over, if it is told of.
    fn told(self, rulebook: &RuleSet, completed: bool) -> Option<JournalEntry> {
        let details = self.details?;
        let (pace, ending) = details.shape;
        Some(JournalEntry {
            at: details.at,
            run: self.place.run,
            method: details.method,
            resource: self.key,
            path: details.path,
            n: self.place.n,
            rule: rulebook.label(details.rule),
            fault: match &self.cause {
                Cause::Fault(label) => Some(label.clone()),
                Cause::Clean | Cause::Delay | Cause::ConcurrencyLimit | Cause::RateLimit => None,
            },
            cause: self.cause,
            planned: self.planned,
            ends: schedule::ends(pace, ending, details.body),
            late: self.late,
            status: self.status,
            completed,
        })
    }
}

impl Exchange {
    /// The state of a connection that was just accepted; its first head is awaited.
    pub(crate) fn new(worker: Rc<Worker>, number: u64, permit: OwnedSemaphorePermit) -> Exchange {
        Exchange {
            head_since: Cell::new(Some(worker.tick())),
            worker,
            number,
            _permit: permit,
            open: RefCell::default(),
            script: RefCell::default(),
            due: Cell::default(),
            handed_over: Cell::default(),
            unflushed: Cell::default(),
            is_awaited: Cell::default(),
            ended: Cell::default(),
            ended_by_fault: Cell::default(),
            waker: RefCell::default(),
        }
    }

    /// The worker that carries the connection.
    pub(crate) fn worker(&self) -> &Worker {
        &self.worker
    }

    /// A head has been parsed, and it is decided what becomes of it.
    pub(crate) fn open(
        &self,
        key: FateKey,
        place: Place,
        cause: Cause,
        fate: &Fate,
        details: Option<Box<Details>>,
    ) {
        // With pipelined requests hyper may parse a head before it has flushed the answer before.
        self.close(true);
        self.handed_over.set(false);
        self.head_since.set(None);
        self.worker.ledger().open(&cause);
        let open = Open {
            key,
            place,
            cause,
            planned: fate.delay,
            late: None,
            status: None,
            seat: None,
            is_endless: matches!(fate.pace, Pace::Pause(_, None)),
            details,
        };
        *self.open.borrow_mut() = Some(open);
    }

    /// The answer is in service until it is over.
    pub(crate) fn sit_down(&self, seat: Permit) {
        if let Some(open) = self.open.borrow_mut().as_mut() {
            open.seat = Some(seat);
        }
    }

    /// The answer is handed to hyper; it was due at `due` if it was delayed. Without a status nothing
    /// of it will be seen.
    pub(crate) fn answer(&self, status: Option<u16>, due: Option<Instant>, script: Option<Script>) {
        self.due.set(due);
        self.handed_over.set(false);
        self.unflushed.set(true);
        if let (Some(script), Some(open)) = (&script, self.open.borrow_mut().as_mut())
            && let Some(details) = &mut open.details
        {
            details.body = script.body;
        }
        *self.script.borrow_mut() = script;
        let Some(status) = status else { return };
        self.worker.ledger().answer(status);
        if let Some(open) = self.open.borrow_mut().as_mut() {
            open.status = Some(status);
        }
    }

    /// Whether the answer that hyper writes next has a script.
    pub(crate) fn has_script(&self) -> bool {
        self.script.borrow().is_some()
    }

    /// The script of the answer that hyper writes next.
    pub(crate) fn take_script(&self) -> Option<Script> {
        self.script.borrow_mut().take()
    }

    /// A fault ends the connection, behind the whole answer or within it.
    pub(crate) fn ended_by_fault(&self, whole: bool) {
        self.close(whole);
        self.ended_by_fault.set(true);
    }

    /// hyper has taken the body's last byte, or has done with the body.
    pub(crate) fn handed_over(&self) {
        self.handed_over.set(true);
    }

    /// Waits until the answer before this one has left hyper's buffer, so that what is done to the bytes
    /// of this one is not done to those.
    pub(crate) async fn is_next(&self) {
        poll_fn(|_context| {
            self.is_awaited.set(self.unflushed.get());
            if self.unflushed.get() {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// The first byte of the answer is due so much later than the answer.
    pub(crate) fn postpone(&self, time: Duration) {
        self.due.set(self.due.get().map(|due| due + time));
    }

    /// Whether a request is under way.
    pub(crate) fn is_open(&self) -> bool {
        self.open.borrow().is_some()
    }

    /// Whether what is under way may last for ever, for all that we do.
    pub(crate) fn is_endless(&self) -> bool {
        self.open
            .borrow()
            .as_ref()
            .is_none_or(|open| open.is_endless)
    }

    /// Bytes came from the peer.
    pub(crate) fn read(&self) {
        if self.head_since.get().is_none() && self.open.borrow().is_none() {
            self.head_since.set(Some(self.worker.tick()));
        }
    }

    /// Bytes were handed to the system.
    pub(crate) fn written(&self) {
        let Some(due) = self.due.take() else { return };
        let now = Instant::now();
        let late = now
            .checked_duration_since(due)
            .ok_or_else(|| due.duration_since(now));
        self.worker.ledger().record_lateness(late);
        let late = late.unwrap_or_default();
        if let Some(open) = self.open.borrow_mut().as_mut() {
            open.late = Some(late);
        }
    }

    /// hyper's buffer is empty.
    pub(crate) fn flushed(&self) {
        self.unflushed.set(false);
        if self.is_awaited.take() {
            self.wake();
        }
        if self.handed_over.take() {
            self.close(true);
        }
    }

    /// Closes the request that is open, if one is.
    fn close(&self, completed: bool) {
        let Some(open) = self.open.borrow_mut().take() else {
            return;
        };
        let listener = self.worker.listener();
        let entry = open.told(&listener.rulebook, completed);
        let entry = match (&listener.journal, entry) {
            (Some(journal), Some(entry)) if listener.room == 0 => {
                journal.tell(entry);
                None
            }
            (Some(journal), Some(entry)) => {
                journal.tell(entry.clone());
                Some(entry)
            }
            (_, entry) => entry,
        };
        self.worker.ledger().close(completed, entry, listener.room);
    }

    /// Whether the peer has taken longer over a head than it may.
    pub(crate) fn is_overdue(&self, limit: u64) -> bool {
        self.head_since
            .get()
            .is_some_and(|since| self.worker.tick() - since > limit)
    }

    /// Ends the connection at its next poll, whatever it is doing.
    pub(crate) fn end(&self) {
        self.ended.set(true);
        self.wake();
    }

    /// Whether the connection is to be dropped.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.get()
    }

    /// Whether a fault ended the connection, which is an error only to hyper.
    pub(crate) fn is_ended_by_fault(&self) -> bool {
        self.ended_by_fault.get()
    }

    /// Polls the connection.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Remembers whom to wake; a task's waker never changes.
    pub(crate) fn remember(&self, waker: &Waker) {
        self.waker.borrow_mut().get_or_insert_with(|| waker.clone());
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.close(false);
        self.worker.forget(self.number);
    }
}
