//! The data from which a transport builds requests: what all requests of a run share, and what differs.

use super::connect::Addresses;
use super::connection_trust::ConnectionTrust;
use super::kind::TransportKind;
use super::prepared_message::PreparedMessage;
use crate::{Endpoint, RequestMessage, policy::Timeouts};
use flagpole_protocol::http1::{write_field_line, write_request_line};
use flagpole_protocol::{Resource, headers};
use http::header::{HeaderName, HeaderValue};
use http::{Method, Uri};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// The settings of a transport that are the same for every request of a run.
#[derive(Clone, Debug)]
pub(crate) struct TransportConfig {
    /// The server's addresses.
    pub(crate) addresses: Addresses,
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
    /// Who speaks HTTP.
    pub(crate) transport: TransportKind,
}

/// Everything that is the same for all requests of a run; made once, before the first request.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    pub(crate) config: TransportConfig,
    pub(crate) clock: RunClock,
    /// Cancels the run.
    pub(crate) cancel: CancellationToken,
    /// Which connections may be reused.
    pub(crate) trust: Arc<ConnectionTrust>,
    /// The origin in requests to a proxy, otherwise empty.
    origin: String,
    prefix: String,
    /// The messages of the workload, after the GET of downloads without a message.
    messages: Box<[MessageForms]>,
    is_named: bool,
}

/// A message, and the message that follows a redirect that changes the method to GET.
#[derive(Clone, Debug)]
struct MessageForms {
    original: PreparedMessage,
    as_get: PreparedMessage,
}

impl RequestTemplate {
    /// Starts the clock of the run.
    pub(crate) fn new(
        config: TransportConfig,
        endpoint: &Endpoint,
        messages: &[RequestMessage],
        name: Option<&str>,
        cancel: CancellationToken,
    ) -> Result<RequestTemplate, InvalidRunName> {
        let name = name.map(run_name).transpose()?;
        let prepare = |message: &RequestMessage| {
            PreparedMessage::new(message, endpoint, config.reuse, name.as_ref())
        };
        let forms = |message: &RequestMessage| MessageForms {
            original: prepare(message),
            as_get: prepare(&message.as_get()),
        };
        let get = RequestMessage::default();
        Ok(RequestTemplate {
            clock: RunClock::start(),
            cancel,
            trust: Arc::default(),
            origin: endpoint.origin_prefix(),
            prefix: endpoint.target().prefix.clone(),
            messages: [&get].into_iter().chain(messages).map(forms).collect(),
            is_named: name.is_some(),
            config,
        })
    }

    /// A deep copy for another core: with shared field values, cores would contend for their reference counts. Threads
    /// share one template nevertheless, because their contention for the scheduler costs more.
    pub(crate) fn clone_unshared(&self) -> RequestTemplate {
        let copy = |forms: &MessageForms| MessageForms {
            original: forms.original.clone_unshared(),
            as_get: forms.as_get.clone_unshared(),
        };
        RequestTemplate {
            config: self.config.clone(),
            clock: self.clock,
            cancel: self.cancel.clone(),
            trust: self.trust.clone(),
            origin: self.origin.clone(),
            prefix: self.prefix.clone(),
            messages: self.messages.iter().map(copy).collect(),
            is_named: self.is_named,
        }
    }

    /// The method of the message with this index in the workload.
    pub(crate) fn method(&self, message: Option<usize>) -> &Method {
        &self.messages[position(message)].original.method
    }

    /// The message of a request.
    pub(crate) fn message(&self, request: &RequestSpec<'_>) -> &PreparedMessage {
        let forms = &self.messages[position(request.message)];
        if request.as_get {
            &forms.as_get
        } else {
            &forms.original
        }
    }

    /// Appends the head of a request, and its content if that is small; returns the rest of the content.
    pub(crate) fn encode<'t>(&'t self, out: &mut Vec<u8>, request: &RequestSpec<'_>) -> &'t [u8] {
        let message = self.message(request);
        let (prefix, path) = self.target(request.resource, request.path);
        write_request_line(out, &message.method, &[&self.origin, prefix, path]);
        out.extend_from_slice(&message.fields);
        for (name, value) in &request.conditions {
            write_field_line(out, name, value.as_bytes());
        }
        if let Some(number) = self.request_number(request) {
            write!(out, "{}: {number}\r\n", headers::REQUEST_NUMBER_HEADER)
                .expect("a vector accepts every byte");
        }
        out.extend_from_slice(b"\r\n");
        if message.content.len() <= SMALL_CONTENT {
            out.extend_from_slice(&message.content);
            return &[];
        }
        &message.content
    }

    /// The request number to send. It is sent only in a named run: the server counts the requests of other runs itself.
    pub(crate) fn request_number(&self, request: &RequestSpec<'_>) -> Option<u64> {
        self.is_named.then_some(request.request_number)
    }

    /// The request target for a library.
    pub(crate) fn uri(&self, request: &RequestSpec<'_>) -> Uri {
        let (prefix, path) = self.target(request.resource, request.path);
        let target = format!("{}{prefix}{path}", self.origin);
        target.parse().expect("paths and origins are parts of URLs")
    }

    /// The path of a request target in two parts: the target of a redirect, or the path of the resource. The prefix is that
    /// of the site of flags; any other path is complete.
    pub(crate) fn target<'t>(
        &'t self,
        resource: Resource,
        path: Option<&'t str>,
    ) -> (&'t str, &'t str) {
        match path {
            Some(path) => ("", path),
            None if resource.code().is_some() => (&self.prefix, resource.path()),
            None => ("", resource.path()),
        }
    }
}

/// Where the template has the message with this index in the workload.
fn position(message: Option<usize>) -> usize {
    message.map_or(0, |index| index + 1)
}

/// Content up to this size, in bytes, is sent together with the head.
const SMALL_CONTENT: usize = 4096;

/// One request to send; the [`RequestTemplate`] has the fields that are
/// the same for every request.
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
    /// The conditional and range fields, if there is a local copy.
    pub(crate) conditions: Vec<(HeaderName, HeaderValue)>,
    /// Whether the request needs a new connection.
    pub(crate) fresh: bool,
    /// Ends the exchange at once, as [`Cancelled`](flagpole_protocol::Outcome::Cancelled).
    pub(crate) cancel: &'a CancellationToken,
}
/// A clock that starts with the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunClock {
    start: Instant,
    /// The start of the run in Unix time, because `Retry-After` may be a date.
    start_unix: Duration,
}

impl RunClock {
    pub(crate) fn start() -> RunClock {
        let start_unix = SystemTime::now().duration_since(UNIX_EPOCH);
        RunClock {
            start: Instant::now(),
            start_unix: start_unix.unwrap_or_default(),
        }
    }

    /// The time since the start.
    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }

    /// The Unix time at `time` after the start.
    pub(crate) fn unix_time(self, time: Duration) -> Duration {
        self.start_unix + time
    }
}

/// The name of a run that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a run name of 1 to {max} printable ASCII characters, got `{0}`", max = headers::MAX_RUN_NAME)]
pub struct InvalidRunName(String);

/// The field value of a run name.
fn run_name(name: &str) -> Result<HeaderValue, InvalidRunName> {
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
