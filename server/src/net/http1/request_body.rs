//! The body of a request, which is read and discarded beside the response, so that the connection can be used for the next
//! request (RFC 9112 section 9.3).

use crate::net::http1::connection_state::ConnectionState;
use bytes::Bytes;
use flagpole_protocol::RequestBodyReading;
use http_body::Body as _;
use hyper::body::Incoming;
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::spawn_local;

/// How far the reading of a body is.
#[derive(Debug, Default)]
pub(super) struct BodyProgress {
    has_begun: Cell<bool>,
    has_ended: Cell<bool>,
    changed: Notify,
}

impl BodyProgress {
    /// Waits for the first bytes, or the end.
    pub(super) async fn begun(&self) {
        self.wait_for(&self.has_begun).await;
    }

    /// Waits for the end: the last byte, an error, or the limit on bodies.
    pub(super) async fn ended(&self) {
        self.wait_for(&self.has_ended).await;
    }

    async fn wait_for(&self, event: &Cell<bool>) {
        while !event.get() {
            self.changed.notified().await;
        }
    }

    fn set(&self, event: &Cell<bool>) {
        event.set(true);
        // One response waits; a notification without a waiter is kept for the next wait.
        self.changed.notify_one();
    }
}

/// Reads a body to its end and discards it; returns at once. `is_awaited`: the response waits for the first bytes.
pub(super) fn discard(
    state: &Rc<ConnectionState>,
    body: Incoming,
    reading: RequestBodyReading,
    is_awaited: bool,
) -> Rc<BodyProgress> {
    let progress = Rc::<BodyProgress>::default();
    let rate = match reading {
        RequestBodyReading::Immediate => None,
        RequestBodyReading::Rate(rate) => {
            state.socket.shrink_receive_buffer();
            Some(rate)
        }
        RequestBodyReading::Unread => {
            // hyper stops reading when the body is dropped, and closes the connection after the response.
            drop(body);
            progress.set(&progress.has_begun);
            progress.set(&progress.has_ended);
            return progress;
        }
    };
    state.on_request_body_wait(is_awaited || rate.is_some());
    state.set_request_body_left(body.size_hint().exact());
    let reading = read(state.clone(), body, rate, progress.clone());
    // Ends with the connection at the latest: then hyper reports the end of the body.
    spawn_local(reading);
    progress
}

async fn read(
    state: Rc<ConnectionState>,
    mut body: Incoming,
    rate: Option<u64>,
    progress: Rc<BodyProgress>,
) {
    let limit = state.worker.listener.connection_limits.request_body;
    let (start, mut received) = (Instant::now(), 0);
    let length = body.size_hint().exact();
    let left = |received| length.map(|length| length.saturating_sub(received));
    // An error means that the body is malformed or the peer has gone; hyper closes the connection.
    loop {
        state.wait_to_read_request_body().await;
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let Some(Ok(frame)) = frame else { break };
        if rate.is_none() {
            state.on_request_body_wait(false);
        }
        progress.set(&progress.has_begun);
        received += frame.data_ref().map_or(0, Bytes::len) as u64;
        state.set_request_body_left(left(received));
        if received > limit {
            state.on_request_body_too_large();
            break;
        }
        if let Some(rate) = rate {
            let due = start + time_of(received, rate);
            state.on_request_body_wait(false);
            state.worker.timer.sleep_until(due).await;
            state.on_request_body_wait(true);
        }
        // If the response is complete, hyper reports the end only once it has read the head of the next request.
        if body.is_end_stream() || frame.is_trailers() {
            break;
        }
    }
    drop(body);
    progress.set(&progress.has_begun);
    progress.set(&progress.has_ended);
    state.on_request_body_end();
}

/// The time in which this many bytes pass at a rate in bytes per second.
fn time_of(bytes: u64, rate: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
