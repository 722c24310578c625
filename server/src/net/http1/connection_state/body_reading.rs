//! The reading of a request's body: what the phase of a connection knows of it, and when it must wait for the response.

use super::ConnectionState;
use crate::net::http1::closing::Close;
use crate::net::http1::phase::Phase;
use flagpole_protocol::ServerLimit;
use std::future::poll_fn;
use std::task::Poll;

impl ConnectionState {
    /// Called before the body of the request, or its next piece, is read; `is_needed`: the response waits for it. Also called,
    /// with `false`, when the server lets the peer wait.
    pub(in crate::net::http1) fn on_request_body_wait(&self, is_needed: bool) {
        let since = Some(self.worker.tick.get());
        self.with_exchange(|exchange| {
            (exchange.body_since, exchange.needs_body) = (since, is_needed);
            // What is read from now on is this body, and what follows it is not known.
            exchange.has_partial_head = false;
        });
    }

    /// Called when the number of bytes of the request's body that have not been read is known, or changes.
    pub(in crate::net::http1) fn set_request_body_left(&self, bytes: Option<u64>) {
        self.with_exchange(|exchange| exchange.body_left = bytes);
    }

    /// Waits until the next piece of the request's body may be read.
    pub(in crate::net::http1) async fn wait_to_read_request_body(&self) {
        poll_fn(|context| {
            if !self.holds_request_body() || self.is_over.get() {
                return Poll::Ready(());
            }
            self.body_reader.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// Whether nothing may be read from the peer until the response is complete; then the connection's task is woken.
    pub(in crate::net::http1) fn holds_reading(&self) -> bool {
        let holds = self.holds_request_body();
        self.is_reading_held.set(holds);
        holds
    }

    fn holds_request_body(&self) -> bool {
        // hyper's buffer may be a little larger than the limit on heads.
        let read_ahead = 2 * self.worker.listener.connection_limits.head_size as u64;
        self.phase.borrow().holds_request_body(read_ahead)
    }

    /// Wakes what waits until the response is complete.
    pub(super) fn release_reading(&self) {
        if self.is_reading_held.take() {
            self.wake();
        }
        if let Some(waker) = self.body_reader.take() {
            waker.wake();
        }
    }

    /// Called when hyper serves the connection no longer.
    pub(in crate::net::http1) fn on_over(&self) {
        self.is_over.set(true);
        self.release_reading();
    }

    /// Called when the body of the request turned out to be too large: the connection ends after the response.
    pub(in crate::net::http1) fn on_request_body_too_large(&self) {
        self.worker.count_limit(ServerLimit::RequestBody);
        self.with_exchange(|exchange| exchange.exceeds_limit = true);
        let is_responded = matches!(*self.phase.borrow(), Phase::Discarding { .. });
        if is_responded {
            self.end(Close::Fin);
        }
    }

    /// Called when the body of the request has been read, or will not be read.
    pub(in crate::net::http1) fn on_request_body_end(&self) {
        let since = self.worker.tick.get();
        let mut phase = self.phase.borrow_mut();
        match &mut *phase {
            Phase::Waiting(exchange) | Phase::Writing(exchange, _) => {
                (exchange.body_since, exchange.needs_body) = (None, false);
            }
            Phase::Discarding { .. } => *phase = Phase::Idle { since },
            _ => {}
        }
        drop(phase);
        self.wake_awaited_turn();
    }
}
