//! The data from which a transport builds requests: what all requests of a run share, and what differs.

use crate::{policy::Timeouts, workload::target::Target};
use flagpole_protocol::{Resource, headers};
use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::uri::{InvalidUri, PathAndQuery, Uri};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{net::SocketAddr, str::FromStr as _, sync::OnceLock};
use tokio_util::sync::CancellationToken;

const REQUEST_NUMBER: HeaderName = HeaderName::from_static(headers::REQUEST_NUMBER_HEADER);
const RUN: HeaderName = HeaderName::from_static(headers::RUN_HEADER);
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flagpole/", env!("CARGO_PKG_VERSION")));

/// The settings of a transport that are the same for every request of a run.
#[derive(Clone, Debug)]
pub(crate) struct TransportConfig {
    /// The server's addresses, tried in order.
    pub(crate) addresses: Box<[SocketAddr]>,
    /// The time limits of an attempt.
    pub(crate) timeouts: Timeouts,
    /// Whether a connection serves more than one request.
    pub(crate) reuse: bool,
    /// The maximum length of a response body, in bytes.
    pub(crate) body_limit: usize,
    /// Whether the bytes of an incomplete body are kept, so that a later attempt can continue the body.
    pub(crate) keep_partial_bodies: bool,
}

/// Everything that is the same for all requests of a run; made once, before the first request.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    pub(crate) config: TransportConfig,
    pub(crate) clock: RunClock,
    /// Cancels the run.
    pub(crate) cancel: CancellationToken,
    prefix: String,
    host: HeaderValue,
    run_name: Option<HeaderValue>,
    /// The path of each flag and its metadata, made when it is first requested.
    paths: Box<[OnceLock<Uri>]>,
}

impl RequestTemplate {
    /// Starts the clock of the run.
    pub(crate) fn new(
        config: TransportConfig,
        target: &Target,
        name: Option<&str>,
        cancel: CancellationToken,
    ) -> Result<RequestTemplate, InvalidRunName> {
        let host = HeaderValue::try_from(target.authority());
        Ok(RequestTemplate {
            config,
            clock: RunClock::start(),
            cancel,
            prefix: target.prefix.clone(),
            host: host.expect("the authority was part of a URL"),
            run_name: name.map(run_name).transpose()?,
            paths: unset_paths(),
        })
    }

    /// A deep copy for another core: with shared field values and paths, cores would contend for their reference
    /// counts. Threads share one template nevertheless, because their contention for the scheduler costs more.
    pub(crate) fn clone_unshared(&self) -> RequestTemplate {
        let copy = |value: &HeaderValue| {
            HeaderValue::from_bytes(value.as_bytes()).expect("the bytes are those of a field value")
        };
        RequestTemplate {
            config: self.config.clone(),
            clock: self.clock,
            cancel: self.cancel.clone(),
            prefix: self.prefix.clone(),
            host: copy(&self.host),
            run_name: self.run_name.as_ref().map(copy),
            paths: unset_paths(),
        }
    }

    /// Writes the fields of a request into an empty map. The request number is sent only in a named run: the server
    /// counts the requests of other runs itself.
    pub(crate) fn write_headers(&self, headers: &mut HeaderMap, request: &RequestSpec<'_>) {
        headers.insert(HOST, self.host.clone());
        headers.insert(USER_AGENT, AGENT);
        if !self.config.reuse {
            headers.insert(CONNECTION, CLOSE);
        }
        if let Some(name) = &self.run_name {
            headers.insert(RUN, name.clone());
            headers.insert(REQUEST_NUMBER, HeaderValue::from(request.request_number));
        }
        headers.extend(request.conditions.iter().cloned());
    }

    /// The request target: the target of a redirect, or the path of the resource. The prefix is that of the site of
    /// flags; any other path is complete.
    pub(crate) fn uri(&self, resource: Resource, path: Option<&str>) -> Uri {
        if let Some(path) = path {
            return uri(path).expect("a redirect is followed only to a path");
        }
        let Some(index) = resource.index() else {
            return PathAndQuery::from_static(resource.path()).into();
        };
        let make = || {
            let uri = uri(&format!("{}{}", self.prefix, resource));
            uri.expect("the prefix was part of a URL, the rest is letters")
        };
        self.paths[index].get_or_init(make).clone()
    }
}

fn unset_paths() -> Box<[OnceLock<Uri>]> {
    (0..Resource::COUNT).map(|_| OnceLock::new()).collect()
}

fn uri(path: &str) -> Result<Uri, InvalidUri> {
    PathAndQuery::from_str(path).map(Uri::from)
}

/// One request to send; the [`RequestTemplate`] has the fields that are
/// the same for every request.
#[derive(Clone, Debug)]
pub(crate) struct RequestSpec<'a> {
    /// The requested resource.
    pub(crate) resource: Resource,
    /// The number of the request for the resource. It determines the fate of the response: its delay, content and
    /// failure.
    pub(crate) request_number: u64,
    /// The target of a redirect (path and query), instead of the path of the resource.
    pub(crate) path: Option<&'a str>,
    /// The conditional and range fields, if there is a local copy.
    pub(crate) conditions: Vec<(HeaderName, HeaderValue)>,
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
