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
use http::{Method, Request};
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
        let (method, fields) = (request.method(), request.headers());
        let representations = content.representations(route);
        let coding = representations.negotiate(fields);
        let selected = representations.get(coding);
        let selected = SelectedRepresentation {
            fields: &selected.response.headers,
            last_modified: selected.last_modified,
            length: selected.response.body.len(),
        };
        Selection {
            route,
            coding,
            precondition: PreconditionResult::evaluate(method, fields, selected),
            is_head: method == Method::HEAD,
        }
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
        let full = &content
            .representations(self.route)
            .get(self.coding)
            .response;
        let mut response = precondition_response::build(result, full, self.is_head);
        if let Some(value) = &content.cache_control
            && response.headers.contains_key(ETAG)
        {
            // Not of errors and redirects, which have no tag.
            response.headers.insert(CACHE_CONTROL, value.clone());
        }
        response
    }
}
