//! One connection: decides the fate of each request (all that will happen to its response), waits until
//! the response is due, and prepares the response.

use crate::content::selection::Selection;
use crate::fate::redirect_chain::Hop;
use crate::fate::request_index::RequestIndex;
use crate::fate::request_info::{Decision, RequestInfo};
use crate::http::host;
use crate::http::prepared_response::PreparedResponse;
use crate::http::redirect;
use crate::http::route::Route;
use crate::http::write_schedule::{PlannedPacing, WriteSchedule};
use crate::limits::concurrency_limit::Admission;
use crate::net::http1::active_request::ActiveRequest;
use crate::net::http1::connection_state::{ConnectionState, WritePlan};
use crate::net::http1::shaped_stream::ShapedStream;
use bytes::Bytes;
use flagpole_protocol::{
    Cause, Fate, FateKey, ResponseContent, ServerIdentity, ServerTiming, SpecError,
};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::cell::LazyCell;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;

/// Maximum length of a request head in bytes; hyper responds with 431 to a longer head.
const MAX_HEAD: usize = 64 << 10;

/// The initial capacity of a `Server-Timing` field in bytes: enough for both delays, a wait and a short fault.
const SERVER_TIMING_LENGTH: usize = 96;

/// Serves a connection until the peer closes it, the worker terminates it or, while the worker drains,
/// the request in progress is finished.
pub(crate) async fn serve(stream: TcpStream, state: Rc<ConnectionState>) {
    let stream = ShapedStream::new(stream, state.clone());
    let service_state = state.clone();
    let service = service_fn(move |request| {
        let (state, dispatch) = (service_state.clone(), dispatch(&service_state, &request));
        async move {
            Ok::<_, Infallible>(match dispatch {
                Dispatch::Immediate(response) => respond(&state, response, None, None),
                // Boxed, because its size would slow down immediate responses.
                Dispatch::Deferred(deferred) => Box::pin(respond_deferred(&state, *deferred)).await,
            })
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            // The worker limits the time for a head: hyper would set a timer with every request.
            .header_read_timeout(None)
            .max_buf_size(MAX_HEAD)
            .serve_connection(stream, service)
    );
    let mut shutdown_started = false;
    let result = poll_fn(|context| {
        state.register_waker(context.waker());
        if state.terminated.get() {
            return Poll::Ready(Ok(()));
        }
        if state.worker.draining.get() && !shutdown_started {
            shutdown_started = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    })
    .await;
    if result.is_err() && !state.ended_by_fault.get() {
        state.count_error();
    }
}

/// The decision about a request whose head has been parsed.
enum Dispatch {
    /// A response that needs no fate: without delay, fault or queue, or a rejection.
    Immediate(PreparedResponse),
    /// A response with a fate; boxed, because its size would slow down immediate responses.
    Deferred(Box<DeferredResponse>),
}

/// What is needed to prepare a response when it is due.
struct DeferredResponse {
    fate: Fate,
    admission: Admission,
    /// When the request head had been parsed.
    parsed: Instant,
    selection: Selection,
    key: FateKey,
    /// See [`RequestIndex::chain_number`].
    chain_number: u64,
    is_head: bool,
}

/// Counts a request and decides about it; waits for nothing. A request for what the server says of itself is neither
/// counted nor limited, and gets no delay and no fault.
fn dispatch(state: &ConnectionState, request: &Request<Incoming>) -> Dispatch {
    let listener = &state.worker.listener;
    let key = FateKey::from_path(request.uri().path());
    let route = Route::new(request.method(), &key);
    let content = &listener.content;
    let selection = || Selection::new(content, route, request);
    // Lazy, because reading the clock is a measurable part of the cost of an immediate response.
    let parsed = LazyCell::new(Instant::now);
    let begin = |index, cause: &Cause, decision: &Decision| {
        let active =
            ActiveRequest::new(listener, request, &key, index, cause, decision, || *parsed);
        state.begin_request(active, cause);
    };
    let bad_request = |error: SpecError| {
        begin(None, &Cause::BadRequest, &Decision::default());
        let (status, sentence) = (StatusCode::BAD_REQUEST, error.to_string());
        Dispatch::Immediate(PreparedResponse::text(status, &sentence))
    };
    if let Err(error) = host::check(request) {
        return bad_request(error);
    }
    if key.as_str() == ServerIdentity::PATH {
        state.begin_uncounted_request();
        return Dispatch::Immediate(selection().response(content));
    }
    let (counters, hop) = (&listener.counters, redirect::hop(request.uri().query()));
    let index = match RequestIndex::assign(counters, request.headers(), &key, hop) {
        Ok(index) => index,
        Err(error) => return bad_request(error),
    };
    if listener.passthrough {
        begin(Some(index), &Cause::Clean, &Decision::default());
        return Dispatch::Immediate(selection().response(content));
    }
    let admission = match listener.limits.admit(*parsed) {
        Ok(admission) => admission,
        Err(rejected) => {
            let (cause, response) = *rejected;
            counters.keep_redirect(&index, &key);
            begin(Some(index), &cause, &Decision::default());
            return Dispatch::Immediate(response);
        }
    };
    let info = RequestInfo {
        method: request.method(),
        key: &key,
        request_number: index.request_number,
        elapsed: listener.window_clock.elapsed(*parsed),
    };
    let decision = match index.followed {
        Some(followed) => listener.rule_set.decide_hop(&key, followed),
        None if route.is_page() => listener.rule_set.decide_page(&info),
        None => listener.rule_set.decide(&info),
    };
    let chain_number = index.chain_number();
    if let ResponseContent::Redirect(remaining) = decision.fate.content {
        counters.expect_hop(&index, &key, remaining, decision.rule);
    }
    begin(Some(index), &Cause::from_fate(&decision.fate), &decision);
    Dispatch::Deferred(Box::new(DeferredResponse {
        fate: decision.fate,
        admission,
        parsed: *parsed,
        selection: selection(),
        key,
        chain_number,
        is_head: request.method() == Method::HEAD,
    }))
}

/// Waits until the response is due, then prepares it.
async fn respond_deferred(
    state: &Rc<ConnectionState>,
    deferred: DeferredResponse,
) -> Response<ResponseBody> {
    let DeferredResponse {
        fate,
        admission,
        parsed,
        selection,
        key,
        chain_number: request_number,
        is_head,
    } = deferred;
    let mut admitted = parsed;
    match admission {
        Admission::Unlimited => {}
        Admission::Permit(permit) => state.hold_permit(permit),
        Admission::Queued(queued) => {
            state.hold_permit(queued.permit().await);
            admitted = Instant::now();
        }
    }
    let due = admitted + fate.delay;
    if !fate.delay.is_zero() {
        state.worker.timer.sleep_until(due).await;
    }
    state.wait_flushed().await;
    let content = &state.worker.listener.content;
    let requested = || selection.response(content);
    let mut response = match &fate.content {
        ResponseContent::Requested | ResponseContent::Garbage => requested(),
        ResponseContent::Status(status) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            selection.status_response(status, now.unwrap_or_default(), content)
        }
        ResponseContent::Redirect(remaining) => {
            let remaining = *remaining;
            redirect::response(
                &key,
                Hop {
                    request_number,
                    remaining,
                },
            )
        }
        ResponseContent::Corrupt { bits, draw } => requested().corrupt(*bits, *draw),
    };
    let body_length = if is_head {
        0
    } else {
        response.body.len() as u64
    };
    let queued = admitted - parsed;
    if !fate.is_clean() || !queued.is_zero() {
        response.headers.insert(
            HeaderName::from_static("server-timing"),
            server_timing(&fate, parsed, queued, body_length),
        );
    }
    let due_if_delayed = (!fate.delay.is_zero()).then_some(due);
    let plan = WriteSchedule::is_needed_for(&fate).then_some(WritePlan {
        fate,
        body_length,
        due,
    });
    respond(state, response, due_if_delayed, plan)
}

/// The `Server-Timing` field: planned and actual delay, the wait for a permit, the planned pacing and the fault. A pace
/// without end is left out, because no duration can be given.
fn server_timing(fate: &Fate, parsed: Instant, queued: Duration, body_length: u64) -> HeaderValue {
    let actual = parsed.elapsed();
    let pacing = PlannedPacing::new(fate, body_length);
    let timing = ServerTiming {
        planned: fate.delay,
        actual: actual.max(fate.delay),
        queued,
        paced_head: pacing.head.unwrap_or_default(),
        paced: pacing.body.unwrap_or_default(),
        pause_after: pacing.pause_after.unwrap_or(ServerTiming::ENDLESS),
        fault: fate.fault.as_deref().map(str::to_owned),
    };
    // `to_string` would begin with an empty string and reallocate it several times.
    let mut value = String::with_capacity(SERVER_TIMING_LENGTH);
    write!(value, "{timing}").expect("formatting into a string does not fail");
    HeaderValue::try_from(value).expect("a specification that was parsed is printable ASCII")
}

/// Counts a response and converts it to hyper's type. `due` is `None` without a delay, `plan` if all bytes are
/// written immediately.
fn respond(
    state: &Rc<ConnectionState>,
    response: PreparedResponse,
    due: Option<Instant>,
    plan: Option<WritePlan>,
) -> Response<ResponseBody> {
    let sends_status = plan.as_ref().is_none_or(|plan| plan.fate.sends_status());
    let status = sends_status.then_some(response.status.as_u16());
    state.begin_response(status, due, plan);
    let mut head = Response::new(ResponseBody {
        data: Some(response.body).filter(|body| !body.is_empty()),
        state: state.clone(),
    });
    *head.status_mut() = response.status;
    *head.headers_mut() = response.headers;
    if let Some(reason) = response.reason {
        let reason = ReasonPhrase::try_from(reason).expect("a reason is printable ASCII");
        head.extensions_mut().insert(reason);
    }
    head
}

/// The body of a response; its drop reports to the connection state that hyper has taken the whole body.
struct ResponseBody {
    data: Option<Bytes>,
    state: Rc<ConnectionState>,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, Bytes::len) as u64)
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.state.on_body_consumed();
    }
}
