//! The plain data from which a transport builds requests.

use super::kind::TransportKind;
use crate::{Expectation, RenderedRequest, RequestMessage, policy::Timeouts};
use flagpole_protocol::{Resource, headers};
use http::header::{HeaderName, HeaderValue};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The settings of a transport that are the same for every request of a run.
#[derive(Clone, Debug)]
pub(crate) struct TransportConfig {
    /// The time limits of an attempt.
    pub(crate) timeouts: Timeouts,
    /// When the run ends, counted from its start.
    pub(crate) max_time: Option<Duration>,
    /// Whether a connection serves more than one request.
    pub(crate) reuse: bool,
    /// The maximum length of a response body, in bytes.
    pub(crate) body_limit: usize,
    /// Whether the bytes of an incomplete body are kept, so that a later attempt can continue the body.
    pub(crate) keep_partial_bodies: bool,
    /// A connection that has been idle for a shorter time than this is used without a look whether the server has closed it.
    pub(crate) trusted_idle_time: Duration,
    /// Whether all fields of responses are kept.
    pub(crate) captures_fields: bool,
    /// Who speaks HTTP.
    pub(crate) transport: TransportKind,
}

/// A message of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RunMessage<'a> {
    /// The index of the endpoint to which its requests go.
    pub(crate) endpoint: usize,
    pub(crate) message: &'a RequestMessage,
    /// What its responses must be; `None` if what is known of the resource decides.
    pub(crate) expectation: Option<&'a Expectation>,
}

impl<'a> From<&'a RequestMessage> for RunMessage<'a> {
    /// To the first endpoint, without an expectation.
    fn from(message: &'a RequestMessage) -> RunMessage<'a> {
        RunMessage {
            endpoint: 0,
            message,
            expectation: None,
        }
    }
}

/// One request to send; the [`RequestTemplate`](super::RequestTemplate) has the fields that are the same for every request.
#[derive(Clone, Debug)]
pub(crate) struct RequestSpec<'a> {
    /// The requested resource.
    pub(crate) resource: Resource,
    /// The index of its message in the workload; `None` for a GET without fields and content.
    pub(crate) message: Option<usize>,
    /// Whether a redirect has changed the method to GET.
    pub(crate) as_get: bool,
    /// The number of the request for the resource. It determines the fate of the response: its delay, content and
    /// failure.
    pub(crate) request_number: u64,
    /// The target of a redirect (path and query), instead of the path of the resource.
    pub(crate) path: Option<&'a str>,
    /// What replaces parts of the message, and the path, in this request.
    pub(crate) rendered: Option<&'a RenderedRequest>,
    /// The conditional and range fields, if there is a local copy.
    pub(crate) conditions: Vec<(HeaderName, HeaderValue)>,
    /// Whether the request needs a new connection.
    pub(crate) fresh: bool,
    /// Ends the exchange at once, as [`Cancelled`](flagpole_protocol::Outcome::Cancelled).
    pub(crate) cancel: &'a CancellationToken,
}

impl RequestSpec<'_> {
    /// Path and query, unless they are those of the resource.
    pub(super) fn path(&self) -> Option<&str> {
        let rendered = self.rendered.map(|rendered| rendered.path.as_str());
        self.path.or(rendered)
    }
}

/// The name of a run that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a run name of 1 to {max} printable ASCII characters, got `{0}`", max = headers::MAX_RUN_NAME)]
pub struct InvalidRunName(String);

/// The field value of a run name.
pub(super) fn run_name(name: &str) -> Result<HeaderValue, InvalidRunName> {
    let is_valid = (1..=headers::MAX_RUN_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(name).ok().filter(|_| is_valid);
    value.ok_or_else(|| InvalidRunName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_name_is_what_the_server_accepts() {
        for good in ["x", "threads-1", &"x".repeat(64)] {
            assert!(run_name(good).is_ok());
        }
        for bad in ["", "a b", "é", "a\r\nb: c", &"x".repeat(65)] {
            let error = run_name(bad).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{bad}`")), "{error}");
        }
    }
}
