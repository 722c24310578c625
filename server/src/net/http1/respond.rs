//! Waits until a response is due, prepares it, and hands it to hyper.

use crate::http::prepared_response::PreparedResponse;
use crate::http::redirect;
use crate::http::wire_image::{WireImage, can_have_body};
use crate::http::write_schedule::{PlannedPacing, WriteSchedule};
use crate::limits::concurrency_limit::Admission;
use crate::net::http1::connection_state::ConnectionState;
use crate::net::http1::date_field;
use crate::net::http1::dispatch::DeferredResponse;
use crate::net::http1::phase::WritePlan;
use crate::net::http1::request_body::BodyProgress;
use crate::net::http1::response_body::ResponseBody;
use flagpole_protocol::{Fate, RequestBodyReading, ResponseContent, ServerTiming};
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, Response};
use hyper::ext::ReasonPhrase;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The initial capacity of a `Server-Timing` field in bytes: enough for both delays, a wait and a short fault.
const SERVER_TIMING_LENGTH: usize = 96;

/// Waits until the response is due, then prepares it. `body`: how far the body of the request is read, if there is one.
pub(super) async fn respond_when_due(
    state: &Rc<ConnectionState>,
    deferred: DeferredResponse,
    body: Option<Rc<BodyProgress>>,
) -> Response<ResponseBody> {
    let DeferredResponse {
        fate,
        admission,
        parsed,
        selection,
        version,
        location,
        request,
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
    if let (RequestBodyReading::Rate(_), Some(body)) = (fate.request_body, body) {
        body.ended().await;
        admitted = Instant::now();
    }
    let due = admitted + fate.delay;
    if !fate.delay.is_zero() {
        state.worker.timer.sleep_until(due).await;
    }
    let content = &version.content;
    let requested = || selection.response(content);
    let mut response = match &fate.content {
        ResponseContent::Requested | ResponseContent::Garbage => requested(),
        ResponseContent::Status(status) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            selection.status_response(status, now.unwrap_or_default(), content)
        }
        ResponseContent::Redirect(_) => {
            redirect::response(location.expect("a redirect of a fault has a `Location`"))
        }
        ResponseContent::Corrupt { bits, draw } => requested().corrupt(*bits, *draw),
    };
    let body_length = if request.is_head {
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
    let image = WireImage::is_needed_for(&fate)
        .then(|| WireImage::new(&response, &fate, request, &date_field::now()));
    let is_planned = image.is_some() || WriteSchedule::is_needed_for(&fate);
    let plan = is_planned.then_some(WritePlan {
        fate,
        image,
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
pub(super) fn respond(
    state: &Rc<ConnectionState>,
    mut response: PreparedResponse,
    due: Option<Instant>,
    plan: Option<WritePlan>,
) -> Response<ResponseBody> {
    // hyper leaves the length of an empty body out of a response to HEAD.
    if response.body.is_empty() && can_have_body(response.status) {
        (response.headers).insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let sends_status = plan.as_ref().is_none_or(|plan| plan.fate.sends_status());
    let status = sends_status.then_some(response.status.as_u16());
    state.begin_response(status, due, plan);
    let body = ResponseBody::new(response.body, state.clone());
    let mut head = Response::new(body);
    *head.status_mut() = response.status;
    *head.headers_mut() = response.headers;
    if let Some(reason) = response.reason {
        let reason = ReasonPhrase::try_from(reason).expect("a reason is printable ASCII");
        head.extensions_mut().insert(reason);
    }
    head
}
