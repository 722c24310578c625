//! The response that a request selects by its path, its `Accept-Encoding`, its preconditions and its ranges. It is decided
//! when the request has been parsed, and built when the response is due.

use crate::content::site::Content;
use crate::http::precondition_response;
use crate::http::prepared_response::PreparedResponse;
use crate::http::route::Route;
use flagpole_protocol::{ContentCoding, PreconditionResult, SelectedRepresentation};
use http::header::{CACHE_CONTROL, ETAG};
use http::{Method, Request};

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
        let full = &content
            .representations(self.route)
            .get(self.coding)
            .response;
        let mut response = precondition_response::build(&self.precondition, full, self.is_head);
        if let Some(value) = &content.cache_control
            && response.headers.contains_key(ETAG)
        {
            // Not of errors and redirects, which have no tag.
            response.headers.insert(CACHE_CONTROL, value.clone());
        }
        response
    }
}
