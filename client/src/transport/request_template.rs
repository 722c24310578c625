//! What all exchanges of a run have in common, made once before the first of them.

use super::{RequestConditions, RequestSpec};
use crate::policy::Timeouts;
use crate::run::{Run, RunError};
use crate::storage::download_dir::DownloadDir;
use crate::transport::run_clock::Clock;
use flagpole_protocol;
use flagpole_protocol::Resource;
use flagpole_protocol::headers;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
    USER_AGENT,
};
use http::uri::{InvalidUri, PathAndQuery, Uri};
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::OnceLock;
use tokio_util::sync::CancellationToken;

const NTH: HeaderName = HeaderName::from_static(headers::REQUEST_NUMBER_HEADER);
const RUN: HeaderName = HeaderName::from_static(headers::RUN_HEADER);
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flagpole/", env!("CARGO_PKG_VERSION")));

/// Where requests go, what they say, and what limits them.
#[derive(Debug)]
pub struct RequestTemplate {
    pub(crate) addresses: Box<[SocketAddr]>,
    pub(crate) timeouts: Timeouts,
    /// Whether a connection serves more than one request.
    pub(crate) reuse: bool,
    pub(crate) body_limit: usize,
    /// Whether what there is of a body that breaks off is kept.
    pub(crate) resumes: bool,
    pub(crate) clock: Clock,
    pub(crate) cancel: CancellationToken,
    prefix: String,
    host: HeaderValue,
    run: Option<HeaderValue>,
    /// One for each resource, made when it is first asked for.
    paths: Box<[OnceLock<Uri>]>,
}

impl RequestTemplate {
    pub(crate) fn new(run: &Run<'_>) -> Result<RequestTemplate, RunError> {
        let target = run.endpoint.target();
        let name = run.name.as_deref().map(checked).transpose()?;
        let host = HeaderValue::try_from(target.authority());
        Ok(RequestTemplate {
            addresses: run.endpoint.addresses().into(),
            timeouts: run.policy.timeouts,
            reuse: run.policy.reuse,
            body_limit: run.body_limit,
            resumes: run.destination.is_some_and(DownloadDir::resumes),
            clock: Clock::start(),
            cancel: run.cancel.clone(),
            prefix: target.prefix().to_owned(),
            host: host.expect("it was part of a URL"),
            run: name,
            paths: no_paths(),
        })
    }

    /// The same for another core. What is handed out counts its owners where it lies, and cores on which
    /// requests are made at the same time would take that place from each other. Threads share one all the
    /// same: each takes its turn at the scheduler, which costs more.
    pub(crate) fn of_its_own(&self) -> RequestTemplate {
        let copy = |value: &HeaderValue| {
            HeaderValue::from_bytes(value.as_bytes()).expect("it was one a moment ago")
        };
        RequestTemplate {
            addresses: self.addresses.clone(),
            timeouts: self.timeouts,
            reuse: self.reuse,
            body_limit: self.body_limit,
            resumes: self.resumes,
            clock: self.clock,
            cancel: self.cancel.clone(),
            prefix: self.prefix.clone(),
            host: copy(&self.host),
            run: self.run.as_ref().map(copy),
            paths: no_paths(),
        }
    }

    /// Fills an empty map with the headers of an attempt. n is only named in a run that has a name:
    /// without one the server counts, and knows better.
    pub(crate) fn fill(&self, headers: &mut HeaderMap, attempt: &RequestSpec<'_>) {
        headers.insert(HOST, self.host.clone());
        headers.insert(USER_AGENT, AGENT);
        if !self.reuse {
            headers.insert(CONNECTION, CLOSE);
        }
        if let Some(name) = &self.run {
            headers.insert(RUN, name.clone());
            headers.insert(NTH, HeaderValue::from(attempt.request_number));
        }
        if let Some(conditions) = &attempt.conditions {
            condition(headers, conditions);
        }
    }

    /// The request target of an attempt: where a redirect led, or the path of the resource.
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

fn condition(headers: &mut HeaderMap, conditions: &RequestConditions) {
    let range = conditions.range_from.map(|from| format!("bytes={from}-"));
    let range = range.map(|text| HeaderValue::try_from(text).expect("digits are a field's value"));
    let fields = [
        (IF_NONE_MATCH, conditions.if_none_match.clone()),
        (RANGE, range),
        (IF_RANGE, conditions.if_range.clone()),
    ];
    for (name, value) in fields {
        headers.extend(value.map(|value| (name, value)));
    }
}

fn no_paths() -> Box<[OnceLock<Uri>]> {
    (0..Resource::COUNT).map(|_| OnceLock::new()).collect()
}

fn uri(path: &str) -> Result<Uri, InvalidUri> {
    PathAndQuery::from_str(path).map(Uri::from)
}

fn checked(name: &str) -> Result<HeaderValue, RunError> {
    let fits = (1..=headers::MAX_RUN_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(name).ok().filter(|_| fits);
    value.ok_or_else(|| RunError::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_name_is_what_the_server_will_take() {
        for good in ["x", "threads-1", &"x".repeat(64)] {
            assert!(checked(good).is_ok());
        }
        for bad in ["", "a b", "é", "a\r\nb: c", &"x".repeat(65)] {
            let error = checked(bad).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{bad}`")), "{error}");
        }
    }
}
