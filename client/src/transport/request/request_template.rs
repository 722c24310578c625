//! Everything that is the same for all requests of a run.

use super::request_spec::RequestSpec;
use super::run_name::{InvalidRunName, run_name};
use super::transport_config::TransportConfig;
use crate::transport::run_clock::RunClock;
use crate::workload::target::Target;
use flagpole_protocol::{Resource, headers};
use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::uri::{InvalidUri, PathAndQuery, Uri};
use std::str::FromStr as _;
use std::sync::OnceLock;
use tokio_util::sync::CancellationToken;

const REQUEST_NUMBER: HeaderName = HeaderName::from_static(headers::REQUEST_NUMBER_HEADER);
const RUN: HeaderName = HeaderName::from_static(headers::RUN_HEADER);
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flagpole/", env!("CARGO_PKG_VERSION")));

/// Everything that is the same for all requests of a run; made once, before the first request.
#[derive(Debug)]
pub struct RequestTemplate {
    pub(crate) config: TransportConfig,
    pub(crate) clock: RunClock,
    /// Cancels the run.
    pub(crate) cancel: CancellationToken,
    prefix: String,
    host: HeaderValue,
    run_name: Option<HeaderValue>,
    /// The path of each resource, made when the resource is first requested.
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
            prefix: target.prefix().to_owned(),
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

    /// The request target: the target of a redirect, or the path of the resource.
    pub(crate) fn uri(&self, resource: Resource, path: Option<&str>) -> Uri {
        if let Some(path) = path {
            return uri(path).expect("a redirect is followed only to a path");
        }
        let make = || {
            let uri = uri(&format!("{}{}", self.prefix, resource));
            uri.expect("the prefix was part of a URL, the rest is letters")
        };
        self.paths[resource.index()].get_or_init(make).clone()
    }
}

fn unset_paths() -> Box<[OnceLock<Uri>]> {
    (0..Resource::COUNT).map(|_| OnceLock::new()).collect()
}

fn uri(path: &str) -> Result<Uri, InvalidUri> {
    PathAndQuery::from_str(path).map(Uri::from)
}
