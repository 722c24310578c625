//! Errors of the control plane as problem details (RFC 9457).

use crate::config::profile_error::ProfileError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

/// Why a request failed. Its kind is the status, so `type` is absent (`about:blank`).
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Problem {
    /// The reason phrase of the status.
    title: String,
    /// The status of the response.
    status: u16,
    /// What was expected, what was found, and what helps, as one sentence.
    detail: String,
    /// Further members, which the operation describes.
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip)]
    fields: Vec<(HeaderName, HeaderValue)>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers pass errors on, by `map_err`"
)]
impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl ToString) -> Problem {
        Problem {
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: detail.to_string(),
            members: Map::new(),
            fields: Vec::new(),
        }
    }

    pub(super) fn bad_request(detail: impl ToString) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn unprocessable(detail: impl ToString) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// Adds the members of a document that a problem does not have.
    pub(super) fn with_members(mut self, document: &impl Serialize) -> Problem {
        let document = serde_json::to_value(document);
        let Value::Object(mut members) = document.expect("documents are JSON") else {
            return self;
        };
        for own in ["title", "status", "detail"] {
            members.remove(own);
        }
        self.members = members;
        self
    }

    pub(super) fn with_field(mut self, name: HeaderName, value: &'static str) -> Problem {
        self.fields.push((name, HeaderValue::from_static(value)));
        self
    }

    /// Closes the connection after the response, because the rest of the request is not read.
    pub(super) fn closing(self) -> Problem {
        self.with_field(CONNECTION, "close")
    }
}

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Problem {
        Problem::unprocessable(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(json_text(&self)));
        let content_type = HeaderValue::from_static("application/problem+json");
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, content_type);
        fields.extend(self.fields);
        if let Ok(status) = StatusCode::from_u16(self.status) {
            *response.status_mut() = status;
        }
        response
    }
}

/// Indented JSON with a line break at its end, for people who use `curl`.
pub(super) fn json_text(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document);
    // No document of the control plane has keys that are not text.
    let mut text = text.expect("documents are JSON");
    text.push('\n');
    text
}

/// A successful response with a JSON document.
pub(super) fn json(document: &impl Serialize) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, content_type)], json_text(document)).into_response()
}
