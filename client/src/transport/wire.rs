//! What all exchanges of a run have in common, made once before the first of them.

use super::{Attempt, Conditions};
use crate::clock::Clock;
use crate::policy::Timeouts;
use crate::run::{Run, RunError};
use crate::save::Destination;
use flagpole_fixtures::{Resource, headers};
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
    USER_AGENT,
};
use http::uri::{PathAndQuery, Uri};
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::OnceLock;
use tokio_util::sync::CancellationToken;

const NTH: HeaderName = HeaderName::from_static(headers::NTH);
const RUN: HeaderName = HeaderName::from_static(headers::RUN);
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flagpole/", env!("CARGO_PKG_VERSION")));

/// Where requests go, what they say, and what limits them.
#[derive(Debug)]
pub struct Wire {
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
    /// The same for every request, but for n.
    headers: HeaderMap,
    is_named: bool,
    /// One for each resource, made when it is first asked for.
    uris: Box<[OnceLock<Uri>]>,
}

impl Wire {
    pub(crate) fn new(run: &Run<'_>) -> Result<Wire, RunError> {
        let target = run.endpoint.target();
        let mut headers = HeaderMap::with_capacity(5);
        headers.insert(HOST, header(target.authority()));
        headers.insert(USER_AGENT, AGENT);
        if let Some(name) = &run.name {
            headers.insert(RUN, run_name(name)?);
        }
        if !run.policy.reuse {
            headers.insert(CONNECTION, CLOSE);
        }
        Ok(Wire {
            addresses: run.endpoint.addresses().into(),
            timeouts: run.policy.timeouts,
            reuse: run.policy.reuse,
            body_limit: run.body_limit,
            resumes: run.destination.is_some_and(Destination::resumes),
            clock: Clock::start(),
            cancel: run.cancel.clone(),
            prefix: target.prefix().to_owned(),
            headers,
            is_named: run.name.is_some(),
            uris: (0..Resource::COUNT).map(|_| OnceLock::new()).collect(),
        })
    }

    /// Fills an empty map with the headers of an attempt. n is only named in a run that has a name:
    /// without one the server counts, and knows better.
    pub(crate) fn fill(&self, headers: &mut HeaderMap, attempt: &Attempt) {
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if self.is_named {
            headers.insert(NTH, HeaderValue::from(attempt.nth));
        }
        if let Some(conditions) = &attempt.conditions {
            condition(headers, conditions);
        }
    }

    /// The request target of an attempt: a path.
    pub(crate) fn uri(&self, attempt: &Attempt) -> Uri {
        if let Some(path) = &attempt.path {
            let path = PathAndQuery::from_str(path);
            return Uri::from(path.expect("a redirect is followed only to a path"));
        }
        self.uris[attempt.resource.index()]
            .get_or_init(|| {
                let path = format!("{}{}", self.prefix, attempt.resource);
                let path = PathAndQuery::from_maybe_shared(path);
                Uri::from(path.expect("the prefix was part of a URL, the rest is letters"))
            })
            .clone()
    }
}

fn condition(headers: &mut HeaderMap, conditions: &Conditions) {
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

fn header(authority: String) -> HeaderValue {
    HeaderValue::try_from(authority).expect("the host was part of a URL")
}

fn run_name(name: &str) -> Result<HeaderValue, RunError> {
    let fits = (1..=headers::RUN_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    HeaderValue::from_str(name)
        .ok()
        .filter(|_| fits)
        .ok_or_else(|| RunError::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_name_is_what_the_server_will_take() {
        for good in ["x", "threads-1", &"x".repeat(64)] {
            assert_eq!(run_name(good).unwrap(), good);
        }
        for bad in ["", "a b", "é", "a\r\nb: c", &"x".repeat(65)] {
            let error = run_name(bad).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{bad}`")), "{error}");
        }
    }
}
