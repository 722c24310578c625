//! What both kinds of live pages have in the folder of their files.

use crate::control::live_path::{EVENTS, LIVE_FOLDER};
use crate::control::problem::Problem;
use crate::control::slot::{ConnectionSlot, ConnectionSlots, LongCall};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request, StatusCode};
use std::sync::Arc;

/// Answers a request for the stream, with `events`, or for the file that `file` finds by its name.
pub(in crate::control) fn answer(
    request: &Request<Body>,
    slots: &ConnectionSlots,
    events: impl FnOnce(LongCall) -> Result<Response, Problem>,
    file: impl FnOnce(&str) -> Option<Response>,
) -> Response {
    let path = request.uri().path();
    let answered = match path.strip_prefix(LIVE_FOLDER).unwrap_or(path) {
        EVENTS if request.method() == Method::GET => {
            let slot = request.extensions().get::<Arc<ConnectionSlot>>();
            let slot = slot.expect("each connection has a slot");
            slots.begin_long_call(slot).and_then(events)
        }
        name => file(name).ok_or_else(|| {
            let detail = format!("the live page has no file `{name}`");
            Problem::new(StatusCode::NOT_FOUND, detail)
        }),
    };
    answered.unwrap_or_else(Problem::into_response)
}
