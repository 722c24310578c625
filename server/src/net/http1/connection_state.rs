//! The state of one connection, shared by the code that decides about requests (`dispatch`), that prepares responses
//! (`respond`), that writes them (`http_stream`), and the worker.
//!
//! A request begins when its head has been parsed, and its response ends exactly once: when its last byte has been written
//! to the socket, when a fault ends the connection, when the peer leaves, or when the server stops.

mod body_reading;

use crate::config::connection_limits::ConnectionLimits;
use crate::http::refusal::Refusal;
use crate::http::write_schedule::describe_ending;
use crate::limits::concurrency_limit::Permit;
use crate::limits::shared_bandwidth::SharedBandwidth;
use crate::net::http1::active_request::ActiveRequest;
use crate::net::http1::closing::Close;
use crate::net::http1::phase::{Exchange, Phase, Termination, WritePhase, WritePlan};
use crate::net::listener_version::ListenerVersion;
use crate::net::shared_state::WorkerContext;
use crate::net::tcp_socket::SocketHandle;
use flagpole_protocol::{Cause, Ending, Fate, Pace, RequestEntry, ResponseEnd, ServerLimit};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// The state of one connection: its phase, and what must be counted of it.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    pub(crate) worker: Rc<WorkerContext>,
    pub(super) socket: Rc<SocketHandle>,
    /// The number of the connection at its listener, from 1.
    number: u64,
    phase: RefCell<Phase>,
    /// What limits the bandwidth of the response to the latest request.
    bandwidth: RefCell<Option<Arc<SharedBandwidth>>>,
    /// Whether the ledger counts the connection: not while it has served nothing but uncounted requests.
    is_counted: Cell<bool>,
    /// Whether the connection has served a counted request.
    has_served: Cell<bool>,
    /// Whether the bytes that were read last end with the end of a head.
    ends_with_head: Cell<bool>,
    /// Whether a request waits until the previous response is complete.
    is_turn_awaited: Cell<bool>,
    /// The task that reads the body of a request, if it waits until the response is complete.
    body_reader: RefCell<Option<Waker>>,
    /// Whether reading from the peer waits until the response is complete.
    is_reading_held: Cell<bool>,
    /// Whether hyper serves the connection no longer.
    is_over: Cell<bool>,
    /// Why the worker ends the connection, if it does.
    termination: Cell<Option<Termination>>,
    /// The waker of the connection's task.
    waker: RefCell<Option<Waker>>,
}

impl ConnectionState {
    /// The state of a new connection, which the ledger counts, before its first head.
    pub(crate) fn new(
        worker: Rc<WorkerContext>,
        socket: Rc<SocketHandle>,
        number: u64,
    ) -> ConnectionState {
        ConnectionState {
            number,
            phase: RefCell::new(Phase::Idle {
                since: worker.tick.get(),
            }),
            bandwidth: RefCell::new(worker.version().limits.bandwidth.clone()),
            worker,
            socket,
            is_counted: Cell::new(true),
            has_served: Cell::default(),
            ends_with_head: Cell::default(),
            is_turn_awaited: Cell::default(),
            body_reader: RefCell::default(),
            is_reading_held: Cell::default(),
            is_over: Cell::default(),
            termination: Cell::default(),
            waker: RefCell::default(),
        }
    }

    /// The number of the connection at its listener, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Starts a request whose head has been parsed and whose fate is decided. `entry` is called if there are journal
    /// entries.
    pub(super) fn begin_request(
        &self,
        fate: &Fate,
        cause: &Cause,
        entry: impl FnOnce() -> RequestEntry,
        version: &ListenerVersion,
    ) {
        self.has_served.set(true);
        let is_first = !self.is_counted.replace(true);
        let request = ActiveRequest {
            permit: None,
            hangs_forever: matches!(fate.pace, Pace::Pause(_, None)),
            record: self.worker.recorder.begin(cause, is_first, entry),
        };
        self.begin(Some(request), version);
    }

    /// Starts a request that is in no count. Until the connection serves another one, it is in no count either.
    pub(super) fn begin_uncounted_request(&self, version: &ListenerVersion) {
        if !self.has_served.get() && self.is_counted.replace(false) {
            self.worker.recorder.count(|ledger| {
                // The count may have been taken since the connection was opened.
                ledger.connections = ledger.connections.saturating_sub(1);
            });
        }
        self.begin(None, version);
    }

    fn begin(&self, request: Option<ActiveRequest>, version: &ListenerVersion) {
        (self.bandwidth.borrow_mut()).clone_from(&version.limits.bandwidth);
        *self.phase.borrow_mut() = Phase::Waiting(Exchange {
            request,
            has_partial_head: !self.ends_with_head.get(),
            ..Exchange::default()
        });
    }

    /// What limits the bandwidth of the response, if anything does.
    pub(super) fn bandwidth(&self) -> Option<Arc<SharedBandwidth>> {
        self.bandwidth.borrow().clone()
    }

    /// Whether a request can begin: not while bytes of the previous response wait to be written or the body of its request
    /// is read, and not if the connection ends instead.
    pub(super) fn accepts_request(&self) -> bool {
        self.phase.borrow().accepts_request()
    }

    /// Waits until a request can begin; without end if the connection ends instead.
    pub(super) async fn wait_for_turn(&self) {
        let is_stale = matches!(*self.phase.borrow(), Phase::Stale { .. });
        if is_stale {
            // hyper had read the request before the response to the previous one was complete.
            self.end(Close::Fin);
        }
        poll_fn(|_context| {
            let is_its_turn = self.accepts_request();
            // `on_flushed` and `on_request_body_end` wake the task.
            self.is_turn_awaited.set(!is_its_turn);
            if is_its_turn {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Wakes the connection's task if a request waits for its turn.
    fn wake_awaited_turn(&self) {
        if self.is_turn_awaited.take() {
            self.wake();
        }
    }

    /// Holds a permit of the concurrency limit until the response ends.
    pub(super) fn hold_permit(&self, permit: Permit) {
        self.with_exchange(|exchange| {
            if let Some(request) = &mut exchange.request {
                request.permit = Some(permit);
            }
        });
    }

    /// Counts a response and prepares the state for its bytes, before hyper gets the response.
    ///
    /// - `status`: `None` if the peer will not receive a status line
    /// - `due`: `None` if the response was not delayed
    /// - `plan`: `None` if all bytes are written immediately once the response is due
    pub(super) fn begin_response(
        &self,
        status: Option<u16>,
        due: Option<Instant>,
        plan: Option<WritePlan>,
    ) {
        let mut phase = self.phase.borrow_mut();
        let Phase::Waiting(exchange) = &mut *phase else {
            // The connection has ended.
            return;
        };
        let recorder = &self.worker.recorder;
        if let Some(ActiveRequest { record, .. }) = &mut exchange.request {
            if let Some(WritePlan {
                fate, body_length, ..
            }) = &plan
            {
                recorder.set_ending(record, || {
                    describe_ending(fate.pace, &fate.framing, fate.ending, *body_length)
                });
            }
            if let Some(status) = status {
                recorder.set_status(record, status);
            }
        }
        let exchange = Exchange {
            request: exchange.request.take(),
            ..*exchange
        };
        let is_last = |plan: &WritePlan| plan.fate.ending == Ending::CutAtNextRequest;
        let write = WritePhase {
            due,
            is_last: plan.as_ref().is_some_and(is_last),
            is_planned: plan.is_some(),
            plan: plan.map(Box::new),
            ..WritePhase::default()
        };
        *phase = Phase::Writing(exchange, write);
    }

    /// Takes the plan of the response whose first bytes hyper writes.
    pub(super) fn take_plan(&self) -> Option<Box<WritePlan>> {
        self.phase.borrow_mut().write_mut()?.plan.take()
    }

    /// Whether hyper writes the response to a request that it refuses itself.
    pub(super) fn is_before_request(&self) -> bool {
        matches!(
            *self.phase.borrow(),
            Phase::Idle { .. } | Phase::Head { .. } | Phase::Discarding { .. }
        )
    }

    /// Whether the response is complete, but the body of the request has not been read to its end.
    pub(super) fn is_discarding(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Discarding { .. })
    }

    fn with_exchange(&self, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.phase.borrow_mut().exchange_mut() {
            change(exchange);
        }
    }

    fn with_write(&self, change: impl FnOnce(&mut WritePhase)) {
        if let Some(write) = self.phase.borrow_mut().write_mut() {
            change(write);
        }
    }

    /// Ends the connection, which serves nothing more.
    pub(super) fn end(&self, close: Close) {
        *self.phase.borrow_mut() = Phase::Ended(close);
        self.wake();
    }

    /// Ends the connection because of a fault; `completed`: the last byte was written.
    pub(super) fn end_by_fault(&self, close: Close, completed: bool) {
        self.finish(if completed {
            ResponseEnd::Completed
        } else {
            ResponseEnd::Fault
        });
        self.end(close);
    }

    /// How the connection ends, if that is known.
    pub(super) fn close(&self) -> Option<Close> {
        match &*self.phase.borrow() {
            Phase::Ended(close) => Some(close.clone()),
            _ => None,
        }
    }

    /// Called when hyper drops the body: after its last byte, or at once if no body is sent. After an error hyper drops the
    /// body too, but never flushes again.
    pub(super) fn on_body_consumed(&self) {
        self.with_write(|write| write.body_consumed = true);
    }

    /// Moves the due time of the first byte, because the write schedule begins with a pause.
    pub(super) fn postpone_due(&self, time: Duration) {
        self.with_write(|write| write.due = write.due.map(|due| due + time));
    }

    /// Moves the due time of the first byte to when the bandwidth permits it, if that is later.
    pub(super) fn postpone_due_until(&self, until: Instant) {
        self.with_write(|write| write.due = write.due.map(|due| due.max(until)));
    }

    /// Called after bytes were read from the peer; false if they end the connection.
    pub(super) fn on_bytes_read(&self, bytes: &[u8]) -> bool {
        // The empty line at the end of a head; hyper accepts it without CR too.
        let ends_with_head = bytes.ends_with(b"\n\r\n") || bytes.ends_with(b"\n\n");
        self.ends_with_head.set(ends_with_head);
        let mut phase = self.phase.borrow_mut();
        phase.on_bytes_read(self.worker.tick.get());
        !matches!(*phase, Phase::Ended(_))
    }

    /// Called after bytes were written to the socket; the first write of a delayed response records its lateness.
    pub(super) fn on_bytes_written(&self, bytes: usize) {
        let mut phase = self.phase.borrow_mut();
        let Phase::Writing(exchange, write) = &mut *phase else {
            return;
        };
        write.blocked_since = None;
        write.bytes += bytes as u64;
        let Some(due) = write.due.take() else { return };
        let lateness = Instant::now().checked_duration_since(due);
        if let Some(request) = &mut exchange.request {
            let recorder = &self.worker.recorder;
            recorder.set_lateness(&mut request.record, lateness);
        }
    }

    /// Called when the socket takes no more bytes of a response.
    pub(super) fn on_write_blocked(&self) {
        let now = self.worker.tick.get();
        self.with_write(|write| {
            write.blocked_since.get_or_insert(now);
        });
    }

    /// Called when hyper's buffer is empty.
    pub(super) fn on_flushed(&self) {
        let next = self.phase.borrow().after_response(self.worker.tick.get());
        let Some(next) = next else { return };
        self.finish(ResponseEnd::Completed);
        *self.phase.borrow_mut() = next;
        self.wake_awaited_turn();
        self.release_reading();
    }

    /// Counts the response as complete although the connection pauses before it takes the next request.
    pub(super) fn on_pause(&self) {
        self.finish(ResponseEnd::Completed);
    }

    /// Counts and logs the response in progress, if there is one, as ended, and releases its permit.
    pub(super) fn finish(&self, end: ResponseEnd) {
        let mut phase = self.phase.borrow_mut();
        let bytes = phase.write_mut().map_or(0, |write| write.bytes);
        let request = phase
            .exchange_mut()
            .and_then(|exchange| exchange.request.take());
        drop(phase);
        if let Some(request) = request {
            self.worker.recorder.end(request.record, end, bytes);
        }
    }

    /// Ends the response in progress, if there is one, because the peer broke the connection off, and counts that.
    /// `error`: the journal entry if there was no response to end.
    pub(super) fn break_off(&self, error: &str) {
        if !self.is_counted.get() {
            return self.finish(ResponseEnd::PeerLeft);
        }
        let recorder = &self.worker.recorder;
        recorder.count(|ledger| ledger.connection_errors += 1);
        if self.has_request() {
            self.finish(ResponseEnd::PeerLeft);
        } else {
            recorder.record_error(Some(self.number), None, error, 1);
        }
    }

    /// Notes that the peer has closed its sending side while a response is in progress.
    pub(super) fn on_peer_closed(&self) {
        self.with_exchange(|exchange| {
            if let Some(request) = &mut exchange.request {
                self.worker.recorder.set_peer_closed(&mut request.record);
            }
        });
    }

    /// Counts and logs the response to what is no valid request.
    pub(super) fn record_refusal(&self, refusal: &Refusal) {
        let status = refusal.status.as_u16();
        let recorder = &self.worker.recorder;
        recorder.count(|ledger| ledger.count_protocol_error(status));
        recorder.record_error(Some(self.number), Some(status), &refusal.sentence, 1);
    }

    /// Whether there is a request in progress that is counted.
    pub(super) fn has_request(&self) -> bool {
        let phase = self.phase.borrow();
        phase
            .exchange()
            .is_some_and(|exchange| exchange.request.is_some())
    }

    /// Counts and reports that a limit was reached.
    pub(super) fn count_limit(&self, limit: ServerLimit) {
        self.worker.count_limit(limit);
    }

    /// Whether the peer may leave unnoticed: nothing is read, and nothing is written for a while.
    pub(super) fn needs_watch(&self) -> bool {
        self.phase.borrow().needs_watch()
    }

    /// Whether the connection can be closed without loss: no response is in progress, or one that never ends by itself
    /// (`hang`).
    pub(crate) fn is_idle_or_hanging(&self) -> bool {
        self.phase.borrow().is_idle_or_hanging()
    }

    /// Whether the response in progress never ends by itself.
    pub(super) fn hangs_forever(&self) -> bool {
        let phase = self.phase.borrow();
        let request = phase
            .exchange()
            .and_then(|exchange| exchange.request.as_ref());
        request.is_some_and(|request| request.hangs_forever)
    }

    /// Why the worker must end the connection at this tick, if it must.
    pub(crate) fn overdue(&self, limits: &ConnectionLimits) -> Option<Termination> {
        let (now, is_new) = (self.worker.tick.get(), !self.has_served.get());
        self.phase.borrow().overdue(now, is_new, limits)
    }

    /// Has the connection's task end the connection.
    pub(crate) fn terminate(&self, why: Termination) {
        self.termination.set(Some(why));
        self.wake();
    }

    /// Why the worker ends the connection, if it does.
    pub(super) fn termination(&self) -> Option<Termination> {
        self.termination.get()
    }

    /// Wakes the connection's task.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Stores the waker of the connection's task; it never changes.
    pub(super) fn register_waker(&self, waker: &Waker) {
        self.waker.borrow_mut().get_or_insert_with(|| waker.clone());
    }
}

impl Drop for ConnectionState {
    fn drop(&mut self) {
        // The connection's task is dropped before its end only when the worker stops.
        self.finish(ResponseEnd::ServerStopped);
    }
}
