//! The state of one connection, shared by the code that prepares responses (`connection`), the code
//! that writes them (`shaped_stream`) and the worker.
//!
//! A request begins when its head has been parsed, and is finished exactly once: when the last byte of
//! its response has been written to the socket, when a fault ends the connection, or when the connection
//! is dropped (hyper drops the response future if the peer disconnects).

use crate::limits::concurrency_limit::Permit;
use crate::net::http1::active_request::{ActiveRequest, LoggedRequest};
use crate::net::shared_state::WorkerContext;
use flagpole_protocol::{Cause, Fate};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    pub(crate) worker: Rc<WorkerContext>,
    request: RefCell<Option<ActiveRequest>>,
    /// The plan of the response that hyper writes next; `None` if the stream writes all bytes immediately.
    pub(crate) write_plan: RefCell<Option<WritePlan>>,
    /// Due time of a delayed response until its first byte is written.
    due: Cell<Option<Instant>>,
    /// Whether hyper has taken the whole response into its buffer.
    body_consumed: Cell<bool>,
    /// Whether hyper's buffer may hold bytes of a response.
    unflushed: Cell<bool>,
    /// Whether the next response waits until hyper's buffer is empty.
    flush_awaited: Cell<bool>,
    /// The worker's tick, in seconds, when the connection was opened or, after a response, when the first
    /// byte of the next head arrived; `None` during a request and between two requests.
    head_since: Cell<Option<u64>>,
    /// Whether the connection is to be dropped at its next poll.
    pub(crate) terminated: Cell<bool>,
    /// Whether a fault ended the connection; hyper reports that as an error.
    pub(crate) ended_by_fault: Cell<bool>,
    /// Whether the ledger counts the connection: not while it has served nothing but uncounted requests.
    is_counted: Cell<bool>,
    /// Whether the connection has served a counted request.
    has_served: Cell<bool>,
    /// The waker of the connection's task.
    waker: RefCell<Option<Waker>>,
}

/// What the stream needs to make the write schedule of a response: which bytes may be written when.
#[derive(Debug)]
pub(crate) struct WritePlan {
    /// All that will happen to the response.
    pub(crate) fate: Fate,
    /// Length of the body in bytes.
    pub(crate) body_length: u64,
    /// When the schedule begins.
    pub(crate) due: Instant,
}

impl ConnectionState {
    /// The state of a new connection, which the ledger counts, before its first head.
    pub(crate) fn new(worker: Rc<WorkerContext>) -> ConnectionState {
        ConnectionState {
            head_since: Cell::new(Some(worker.tick.get())),
            worker,
            request: RefCell::default(),
            write_plan: RefCell::default(),
            due: Cell::default(),
            body_consumed: Cell::default(),
            unflushed: Cell::default(),
            flush_awaited: Cell::default(),
            terminated: Cell::default(),
            ended_by_fault: Cell::default(),
            is_counted: Cell::new(true),
            has_served: Cell::default(),
            waker: RefCell::default(),
        }
    }

    /// Starts a request whose head has been parsed and whose fate is decided.
    pub(crate) fn begin_request(&self, request: ActiveRequest, cause: &Cause) {
        // A guard: hyper parses a head only after it has flushed the previous response.
        self.finish_request(true);
        self.body_consumed.set(false);
        self.head_since.set(None);
        self.has_served.set(true);
        let mut ledger = self.worker.ledger();
        ledger.connections += u64::from(!self.is_counted.replace(true));
        ledger.count_request(cause);
        *self.request.borrow_mut() = Some(request);
    }

    /// Starts a request that is in no count. Until the connection serves another one, it is in no count either.
    pub(crate) fn begin_uncounted_request(&self) {
        self.finish_request(true);
        self.body_consumed.set(false);
        self.head_since.set(None);
        if !self.has_served.get() && self.is_counted.replace(false) {
            let mut ledger = self.worker.ledger();
            // The count may have been taken since the connection was opened.
            ledger.connections = ledger.connections.saturating_sub(1);
        }
    }

    /// Counts that the connection ended in an error.
    pub(crate) fn count_error(&self) {
        self.worker.ledger().connection_errors += u64::from(self.is_counted.get());
    }

    /// Holds a permit of the concurrency limit until the request is finished.
    pub(crate) fn hold_permit(&self, permit: Permit) {
        if let Some(request) = self.request.borrow_mut().as_mut() {
            request.permit = Some(permit);
        }
    }

    /// Counts a response and prepares the state for its bytes, before hyper gets the response.
    ///
    /// - `status`: `None` if the peer will not receive a status line
    /// - `due`: `None` if the response was not delayed
    /// - `plan`: `None` if all bytes are written immediately once the response is due
    pub(crate) fn begin_response(
        &self,
        status: Option<u16>,
        due: Option<Instant>,
        plan: Option<WritePlan>,
    ) {
        self.due.set(due);
        self.body_consumed.set(false);
        self.unflushed.set(true);
        self.with_log(|log| {
            log.entry.status = status;
            if let Some(plan) = &plan {
                log.body_length = plan.body_length;
            }
        });
        *self.write_plan.borrow_mut() = plan;
        if let Some(status) = status
            && self.has_active_request()
        {
            self.worker.ledger().count_response(status);
        }
    }

    /// Changes what is logged of the request in progress, if it is logged.
    fn with_log(&self, change: impl FnOnce(&mut LoggedRequest)) {
        let mut request = self.request.borrow_mut();
        if let Some(log) = request.as_mut().and_then(|request| request.log.as_mut()) {
            change(log);
        }
    }

    /// Finishes the request because a fault ends the connection; `completed`: the last byte was written.
    pub(crate) fn end_by_fault(&self, completed: bool) {
        self.finish_request(completed);
        self.ended_by_fault.set(true);
    }

    /// Called when hyper drops the body: after its last byte, or at once if no body is sent. After an error
    /// hyper drops the body too, but never flushes again, so `Drop` counts the request as aborted.
    pub(crate) fn on_body_consumed(&self) {
        self.body_consumed.set(true);
    }

    /// Waits until the previous response has left hyper's buffer, so that the write plan of this response
    /// does not apply to bytes of the previous one: a guard, because hyper parses a head only after a flush.
    /// `on_flushed` wakes the task.
    pub(crate) async fn wait_flushed(&self) {
        poll_fn(|_context| {
            self.flush_awaited.set(self.unflushed.get());
            if self.unflushed.get() {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// Moves the due time of the first byte, because the write schedule begins with a pause.
    pub(crate) fn postpone_due(&self, time: Duration) {
        self.due.set(self.due.get().map(|due| due + time));
    }

    /// Whether a request is in progress.
    pub(crate) fn has_active_request(&self) -> bool {
        self.request.borrow().is_some()
    }

    /// Whether no request is in progress, or one whose response never ends by itself (`hang`).
    pub(crate) fn is_idle_or_hanging(&self) -> bool {
        self.request
            .borrow()
            .as_ref()
            .is_none_or(|request| request.hangs_forever)
    }

    /// Called after bytes were read from the peer.
    pub(crate) fn on_bytes_read(&self) {
        if self.head_since.get().is_none() && self.request.borrow().is_none() {
            self.head_since.set(Some(self.worker.tick.get()));
        }
    }

    /// Called after bytes were written to the socket; the first write of a delayed response records its
    /// lateness.
    pub(crate) fn on_bytes_written(&self) {
        let Some(due) = self.due.take() else { return };
        let lateness = Instant::now().checked_duration_since(due);
        match lateness {
            Some(lateness) => self.worker.ledger().lateness.record(lateness),
            None => self.worker.ledger().record_early_response(),
        }
        self.with_log(|log| log.entry.lateness = Some(lateness.unwrap_or_default()));
    }

    /// Called when hyper's buffer is empty.
    pub(crate) fn on_flushed(&self) {
        self.unflushed.set(false);
        if self.flush_awaited.take() {
            self.wake();
        }
        if self.body_consumed.take() {
            self.finish_request(true);
        }
    }

    /// Finishes the request in progress: counts and logs it, and releases its permit. `completed`: the last byte of the
    /// response was written.
    pub(crate) fn finish_request(&self, completed: bool) {
        let Some(request) = self.request.borrow_mut().take() else {
            return;
        };
        let entry = request.log.map(|log| log.into_entry(completed));
        self.worker.finish_request(completed, entry);
    }

    /// Whether the peer has taken more than `limit` seconds to send a head.
    pub(crate) fn is_head_overdue(&self, limit: u64) -> bool {
        self.head_since
            .get()
            .is_some_and(|since| self.worker.tick.get() - since > limit)
    }

    /// Drops the connection at its next poll, whatever its state.
    pub(crate) fn terminate(&self) {
        self.terminated.set(true);
        self.wake();
    }

    /// Wakes the connection's task.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Stores the waker of the connection's task; it never changes.
    pub(crate) fn register_waker(&self, waker: &Waker) {
        self.waker.borrow_mut().get_or_insert_with(|| waker.clone());
    }
}

impl Drop for ConnectionState {
    fn drop(&mut self) {
        self.finish_request(false);
    }
}
