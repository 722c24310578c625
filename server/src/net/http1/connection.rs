//! One connection: hyper parses its requests and writes its responses; this file drives hyper, watches the peer, and ends
//! the connection.

use crate::config::connection_limits::ConnectionLimits;
use crate::http::refusal::Refusal;
use crate::net::http1::closing::{self, Close};
use crate::net::http1::connection_state::ConnectionState;
use crate::net::http1::date_field;
use crate::net::http1::http_stream::HttpStream;
use crate::net::http1::phase::Termination;
use crate::net::http1::service::HttpService;
use crate::net::tcp_socket::PeerEvent;
use flagpole_protocol::{ResponseEnd, ServerLimit};
use http::StatusCode;
use hyper::server::conn::http1;
use std::error::Error as _;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};

/// hyper accepts shorter targets only, in bytes.
const MAX_TARGET_SIZE: usize = 65_535;

/// Why hyper is no longer driven.
enum Stop {
    /// hyper has ended: the peer has closed the connection, a limit was reached, or a response ends the connection.
    Http(hyper::Result<()>),
    /// The peer has reset the connection.
    PeerReset,
    /// The peer has reset the connection, after it had closed its sending side during a response that never ends by itself.
    PeerClosed,
    /// The worker ends the connection.
    Terminated(Termination),
}

/// Serves a connection until the peer leaves, a response ends it, the worker terminates it or, while the worker drains, the
/// request in progress is finished.
pub(crate) async fn serve<S>(stream: S, state: Rc<ConnectionState>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let limits = &state.worker.listener.connection_limits;
    let mut builder = http1::Builder::new();
    // The worker limits the time for a head: hyper would set a timer with every request. A half-closed peer is served.
    builder.header_read_timeout(None).half_close(true);
    builder.max_buf_size(limits.head_size);
    // hyper's buffer may be a little larger.
    builder.max_header_size(limits.head_size);
    if limits.fields != ConnectionLimits::DEFAULT_FIELDS {
        builder.max_headers(limits.fields);
    }
    let stream = HttpStream::new(stream, state.clone());
    let mut http = builder.serve_connection(stream, HttpService::new(state.clone()));
    let mut watch = pin!(None);
    let mut shutdown_started = false;
    let stop = poll_fn(|context| {
        state.register_waker(context.waker());
        if let Some(why) = state.termination() {
            return Poll::Ready(Stop::Terminated(why));
        }
        if state.worker.draining.get() && !shutdown_started {
            shutdown_started = true;
            Pin::new(&mut http).graceful_shutdown();
        }
        // With its shutdown, which first writes what is in its buffer; the stream ignores the rest of it.
        if let Poll::Ready(result) = Pin::new(&mut http).poll(context) {
            return Poll::Ready(Stop::Http(result));
        }
        if state.close().is_some() {
            return Poll::Ready(Stop::Http(Ok(())));
        }
        if !state.needs_watch() {
            watch.set(None);
            return Poll::Pending;
        }
        if watch.is_none() {
            watch.set(Some(watch_peer(&state)));
        }
        poll_watch(watch.as_mut(), context)
    })
    .await;
    state.on_over();
    let parts = http.into_parts();
    let close = conclude(&state, stop, &parts.read_buf, parts.io.is_input_over);
    let socket = &state.socket;
    let closing = closing::close(parts.io.into_inner(), socket, &state.worker, close);
    until_stopped(&state, closing).await;
}

/// Waits until the peer has reset the connection. A request whose response never ends by itself is over as soon as the peer
/// has closed its sending side: nothing more can happen, as clients that gave up close and do not reset. Whether the peer
/// still waits cannot be known, so the connection stays.
async fn watch_peer(state: &ConnectionState) -> Stop {
    if state.hangs_forever() {
        state.socket.probe_peer();
        tokio::select! {
            biased;
            () = state.socket.wait_reset() => return Stop::PeerReset,
            () = state.socket.wait_end_of_input() => {
                state.on_peer_closed();
                state.finish(ResponseEnd::Fault);
            }
        }
        state.socket.wait_reset().await;
        return Stop::PeerClosed;
    }
    // One look suffices: after bytes of a further request, which nothing reads yet, a FIN cannot be seen.
    match state.socket.wait_event().await {
        PeerEvent::Reset => return Stop::PeerReset,
        PeerEvent::Closed => state.on_peer_closed(),
        PeerEvent::Sent => {}
    }
    state.socket.wait_reset().await;
    Stop::PeerReset
}

fn poll_watch<F: Future<Output = Stop>>(
    watch: Pin<&mut Option<F>>,
    context: &mut Context<'_>,
) -> Poll<Stop> {
    match watch.as_pin_mut() {
        Some(watch) => watch.poll(context),
        None => Poll::Pending,
    }
}

/// Counts what is still to be counted, and decides how the connection ends. `unparsed`: the bytes that hyper has read of a
/// request that it did not accept.
fn conclude(state: &ConnectionState, stop: Stop, unparsed: &[u8], is_input_over: bool) -> Close {
    let result = match stop {
        Stop::Http(result) => result,
        Stop::PeerReset => {
            state.break_off("the peer reset the connection");
            return Close::Done;
        }
        Stop::PeerClosed => return Close::Done,
        Stop::Terminated(why) => return terminate(state, why),
    };
    if let Some(close) = state.close() {
        return close;
    }
    let Err(error) = result else {
        return if is_input_over {
            Close::Done
        } else {
            Close::Fin
        };
    };
    if !error.is_parse() {
        state.break_off(&broken_off(&error));
        return Close::Done;
    }
    state.finish(ResponseEnd::PeerLeft);
    let refusal = refusal(state, &error, unparsed);
    state.record_refusal(&refusal);
    Close::Refuse(refusal.to_bytes(&date_field::now()))
}

/// A sentence about an error of the connection itself.
fn broken_off(error: &hyper::Error) -> String {
    if error.is_incomplete_message() {
        return "the peer closed the connection within a request".to_owned();
    }
    match error.source() {
        Some(source) => format!("the connection failed: {source}"),
        None => format!("the connection failed: {error}"),
    }
}

/// Ends a connection on behalf of the worker.
fn terminate(state: &ConnectionState, why: Termination) -> Close {
    match why {
        Termination::Stop => {
            state.finish(ResponseEnd::ServerStopped);
            Close::Done
        }
        Termination::HeadTime => {
            state.count_limit(ServerLimit::HeadTime);
            if state.is_discarding() {
                // The request has its response.
                return Close::Fin;
            }
            let status = StatusCode::REQUEST_TIMEOUT;
            let seconds = state.worker.listener.connection_limits.head_timeout;
            let sentence = format!("expected the rest of the request within {seconds:?}");
            let refusal = Refusal::new(status, sentence);
            let bytes = refusal.to_bytes(&date_field::now());
            if state.has_request() {
                state.begin_response(Some(status.as_u16()), None, None);
                // The 408 is its whole response.
                state.on_bytes_written(bytes.len());
                state.finish(ResponseEnd::Completed);
            } else {
                state.record_refusal(&refusal);
            }
            Close::Refuse(bytes)
        }
        Termination::KeepAlive => {
            state.count_limit(ServerLimit::KeepAlive);
            Close::Fin
        }
        Termination::WriteTime => {
            state.count_limit(ServerLimit::WriteTime);
            state.finish(ResponseEnd::TimedOut);
            Close::Abort
        }
    }
}

/// The response to what hyper did not accept as a request.
fn refusal(state: &ConnectionState, error: &hyper::Error, unparsed: &[u8]) -> Refusal {
    let limits = &state.worker.listener.connection_limits;
    if !error.is_parse_too_large() {
        let sentence = format!("not a valid request: {error}");
        return Refusal::new(StatusCode::BAD_REQUEST, sentence);
    }
    let longest_target = limits.head_size.min(MAX_TARGET_SIZE);
    let line_end = unparsed.iter().position(|byte| *byte == b'\n');
    let is_target_too_long = line_end.is_none_or(|end| end > longest_target);
    let head_end = unparsed.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let is_head_too_long = match head_end {
        Some(end) => end + 4 > limits.head_size,
        None => unparsed.len() >= limits.head_size,
    };
    if !is_head_too_long && !is_target_too_long {
        state.count_limit(ServerLimit::Fields);
        let sentence = format!("expected at most {} fields", limits.fields);
        return Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, sentence);
    }
    state.count_limit(ServerLimit::HeadSize);
    if is_target_too_long {
        let sentence = format!("expected a target of less than {longest_target} bytes");
        return Refusal::new(StatusCode::URI_TOO_LONG, sentence);
    }
    let sentence = format!("expected a head of at most {} bytes", limits.head_size);
    Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, sentence)
}

/// Waits for the end of a connection, unless the server stops.
async fn until_stopped(state: &ConnectionState, closing: impl Future<Output = ()>) {
    let mut closing = pin!(closing);
    poll_fn(|context| match state.termination() {
        Some(Termination::Stop) => Poll::Ready(()),
        _ => closing.as_mut().poll(context),
    })
    .await;
}
