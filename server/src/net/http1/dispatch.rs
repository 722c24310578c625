//! Decides about a request whose head has been parsed; waits for nothing.

use crate::content::selection::Selection;
use crate::fate::asked;
use crate::fate::compiled_rule::Effect;
use crate::fate::redirect_chain::ChainStart;
use crate::fate::request_counters::RequestCounters;
use crate::fate::request_fields::RequestFields;
use crate::fate::request_index::RequestIndex;
use crate::fate::request_info::{Decision, RequestInfo};
use crate::http::connection_field;
use crate::http::host;
use crate::http::prepared_response::PreparedResponse;
use crate::http::redirect;
use crate::http::route::Route;
use crate::http::wire_image::WireRequest;
use crate::limits::concurrency_limit::Admission;
use crate::net::http1::active_request::ParsedRequest;
use crate::net::http1::connection_state::ConnectionState;
use crate::net::listener_version::WorkerVersion;
use flagpole_protocol::{
    Cause, Fate, FateKey, ResponseContent, ServerIdentity, ServerLimit, SpecError,
};
use http::header::CONNECTION;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body::Body;
use std::cell::LazyCell;
use std::rc::Rc;
use std::time::Instant;

/// The decision about a request.
pub(super) enum Dispatch {
    /// A response that needs no fate: without delay, fault or queue, or a rejection.
    Immediate(PreparedResponse),
    /// A response with a fate; boxed, because its size would slow down immediate responses.
    Deferred(Box<DeferredResponse>),
}

/// What is needed to prepare a response when it is due.
pub(super) struct DeferredResponse {
    pub(super) fate: Fate,
    pub(super) admission: Admission,
    /// When the request head had been parsed.
    pub(super) parsed: Instant,
    pub(super) selection: Selection,
    /// The version of the listener that the request follows.
    pub(super) version: Rc<WorkerVersion>,
    /// The `Location` of a redirect of a fault.
    pub(super) location: Option<HeaderValue>,
    pub(super) request: WireRequest,
}

/// Counts a request and decides about it. A request for what the server says of itself is neither counted nor limited, and
/// gets no delay and no fault.
pub(super) fn dispatch<B: Body>(state: &ConnectionState, request: &Request<B>) -> Dispatch {
    let listener = &state.worker.listener;
    let version = state.worker.version();
    let key = FateKey::from_path(request.uri().path());
    let route = Route::new(request.method(), &key);
    let content = &version.content;
    let respond = || Selection::immediate_response(content, route, request);
    // Lazy, because reading the clock is a measurable part of the cost of an immediate response.
    let parsed = LazyCell::new(Instant::now);
    let begin = |index, cause: &Cause, decision: &Decision| {
        let recorder = &state.worker.recorder;
        let entry = || {
            let parsed_request = ParsedRequest {
                connection: state.number(),
                request,
                key: &key,
                index,
            };
            let stamp = recorder.stamp(*parsed);
            parsed_request.entry(stamp, &version, cause, decision, recorder.fields())
        };
        state.begin_request(&decision.fate, cause, entry, &version);
    };
    let refuse = |error: SpecError| {
        begin(None, &Cause::BadRequest, &Decision::default());
        let (status, sentence) = (StatusCode::BAD_REQUEST, error.to_string());
        Dispatch::Immediate(PreparedResponse::text(status, &sentence))
    };
    if let Err(error) = host::check(request) {
        return refuse(error);
    }
    let body_limit = listener.connection_limits.request_body;
    if request.body().size_hint().lower() > body_limit {
        state.count_limit(ServerLimit::RequestBody);
        begin(None, &Cause::BadRequest, &Decision::default());
        let sentence = format!("expected a body of at most {body_limit} bytes");
        let mut response = PreparedResponse::text(StatusCode::PAYLOAD_TOO_LARGE, &sentence);
        // The body is not read, so the next request cannot be found.
        response
            .headers
            .insert(CONNECTION, HeaderValue::from_static("close"));
        return Dispatch::Immediate(response);
    }
    if key.as_str() == ServerIdentity::PATH {
        state.begin_uncounted_request(&version);
        return Dispatch::Immediate(respond());
    }
    let counters = &listener.counters;
    let (index, asked) = match assign_index(counters, request, &key, content.request_faults) {
        Ok(assigned) => assigned,
        Err(error) => return refuse(error),
    };
    if version.passthrough && asked.is_none() {
        begin(Some(index), &Cause::Clean, &Decision::default());
        return Dispatch::Immediate(respond());
    }
    let admission = match version.limits.admit(*parsed) {
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
    let decision = match (&index.followed, asked) {
        (Some(followed), _) => followed.decision(),
        (None, Some(asked)) => version.rule_set.decide_asked(&asked, &info),
        (None, None) if route.is_page() => version.rule_set.decide_page(&info),
        (None, None) => version.rule_set.decide(&info),
    };
    let mut location = None;
    if let ResponseContent::Redirect(remaining) = decision.fate.content {
        let start = ChainStart {
            rule: version.rule_set.label(&decision.source),
            delay: decision.fate.delay,
            fault: decision.fate.fault.clone(),
        };
        let hop = counters.expect_hop(&index, &key, remaining, start);
        location = Some(redirect::location(&key, request.uri().query(), hop));
    }
    begin(Some(index), &Cause::from_fate(&decision.fate), &decision);
    Dispatch::Deferred(Box::new(DeferredResponse {
        fate: decision.fate,
        admission,
        parsed: *parsed,
        selection: Selection::new(content, route, request),
        version,
        location,
        request: WireRequest {
            version: request.version(),
            is_head: request.method() == Method::HEAD,
            keeps_alive: connection_field::keeps_alive(request),
        },
    }))
}

/// Counts a request, and reads what it asks for itself if requests are obeyed.
fn assign_index<B>(
    counters: &RequestCounters,
    request: &Request<B>,
    key: &FateKey,
    is_obeyed: bool,
) -> Result<(RequestIndex, Option<Box<Effect>>), SpecError> {
    let query = request.uri().query();
    let fields = RequestFields::find(request.headers())?;
    let asked = if is_obeyed {
        asked::effect(&fields, query)?
    } else {
        None
    };
    let index = RequestIndex::assign(counters, &fields, key, redirect::hop(query))?;
    Ok((index, asked))
}
