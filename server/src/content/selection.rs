//! The response that a request selects by its path, its `Accept-Encoding`, its preconditions and its ranges. It is decided
//! when the request has been parsed, and built when the response is due.

use crate::content::site::Content;
use crate::http::precondition_response;
use crate::http::prepared_response::PreparedResponse;
use crate::http::route::Route;
use crate::http::status_response;
use flagpole_protocol::{
    ContentCoding, PreconditionResult, SelectedRepresentation, StatusResponse,
};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderValue, Method, Request};
use std::time::Duration;

/// The decision.
#[derive(Debug)]
pub(crate) struct Selection {
    route: Route,
    coding: ContentCoding,
    precondition: PreconditionResult,
    is_head: bool,
}

impl Selection {
    /// Decides for a request with this route.
    pub(crate) fn new<B>(content: &Content, route: Route, request: &Request<B>) -> Selection {
        Selection::decide(content, route, request).0
    }

    /// Decides and builds the response at once: one look-up of the representation, where `new` and `response` need two.
    pub(crate) fn immediate_response<B>(
        content: &Content,
        route: Route,
        request: &Request<B>,
    ) -> PreparedResponse {
        let (selection, full) = Selection::decide(content, route, request);
        selection.build(&selection.precondition, full, content)
    }

    /// The decision, and the full response that it is about.
    fn decide<'a, B>(
        content: &'a Content,
        route: Route,
        request: &Request<B>,
    ) -> (Selection, &'a PreparedResponse) {
        let (method, fields) = (request.method(), request.headers());
        let representations = content.representations(route);
        let coding = representations.negotiate(fields);
        let representation = representations.get(coding);
        let full = &representation.response;
        let selected = SelectedRepresentation {
            fields: &full.headers,
            last_modified: representation.last_modified,
            length: full.body.len(),
        };
        let selection = Selection {
            route,
            coding,
            precondition: PreconditionResult::evaluate(method, fields, selected),
            is_head: method == Method::HEAD,
        };
        (selection, full)
    }

    /// Builds the response.
    pub(crate) fn response(&self, content: &Content) -> PreparedResponse {
        self.response_for(&self.precondition, content)
    }

    /// Builds the response of a status fault; `now` counts from the Unix epoch.
    pub(crate) fn status_response(
        &self,
        status: &StatusResponse,
        now: Duration,
        content: &Content,
    ) -> PreparedResponse {
        status_response::build(status, now, |result| self.response_for(result, content))
    }

    fn response_for(&self, result: &PreconditionResult, content: &Content) -> PreparedResponse {
        let representations = content.representations(self.route);
        let full = &representations.get(self.coding).response;
        self.build(result, full, content)
    }

    fn build(
        &self,
        result: &PreconditionResult,
        full: &PreparedResponse,
        content: &Content,
    ) -> PreparedResponse {
        let response = precondition_response::build(result, full, self.is_head);
        match &content.cache_control {
            Some(value) => with_cache_control(response, value),
            None => response,
        }
    }
}

/// Adds the field to representations. Errors and redirects, which have no tag, stay without it.
fn with_cache_control(mut response: PreparedResponse, value: &HeaderValue) -> PreparedResponse {
    if response.headers.contains_key(ETAG) {
        response.headers.insert(CACHE_CONTROL, value.clone());
    }
    response
}
