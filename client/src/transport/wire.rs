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
    host: String,
    run: Option<String>,
    /// One for each resource, made when it is first asked for.
    paths: Box<[OnceLock<Box<str>>]>,
}

impl Wire {
    pub(crate) fn new(run: &Run<'_>) -> Result<Wire, RunError> {
        let target = run.endpoint.target();
        if let Some(name) = &run.name {
            check_name(name)?;
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
            host: target.authority(),
            run: run.name.clone(),
            paths: (0..Resource::COUNT).map(|_| OnceLock::new()).collect(),
        })
    }

    /// Fills an empty map with the headers of an attempt. n is only named in a run that has a name:
    /// without one the server counts, and knows better.
    ///
    /// The values are copies: shared ones would count their owners in one place, which cores on which
    /// requests are made at the same time would take from each other.
    pub(crate) fn fill(&self, headers: &mut HeaderMap, attempt: &Attempt<'_>) {
        headers.insert(HOST, copy(&self.host));
        headers.insert(USER_AGENT, AGENT);
        if !self.reuse {
            headers.insert(CONNECTION, CLOSE);
        }
        if let Some(name) = &self.run {
            headers.insert(RUN, copy(name));
            headers.insert(NTH, HeaderValue::from(attempt.nth));
        }
        if let Some(conditions) = &attempt.conditions {
            condition(headers, conditions);
        }
    }

    /// The request target of an attempt: where a redirect led, or the path of the resource.
    pub(crate) fn uri(&self, resource: Resource, path: Option<&str>) -> Uri {
        if let Some(path) = path {
            let path = PathAndQuery::from_str(path);
            return Uri::from(path.expect("a redirect is followed only to a path"));
        }
        let make = || format!("{}{}", self.prefix, resource).into();
        let path = self.paths[resource.index()].get_or_init(make);
        // A copy, as with the headers.
        let path = PathAndQuery::try_from(&**path);
        Uri::from(path.expect("the prefix was part of a URL, the rest is letters"))
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

fn copy(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a host was part of a URL, and a run name has been checked")
}

fn check_name(name: &str) -> Result<(), RunError> {
    let fits = (1..=headers::RUN_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(())
        .ok_or_else(|| RunError::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_name_is_what_the_server_will_take() {
        for good in ["x", "threads-1", &"x".repeat(64)] {
            assert!(check_name(good).is_ok());
        }
        for bad in ["", "a b", "é", "a\r\nb: c", &"x".repeat(65)] {
            let error = check_name(bad).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{bad}`")), "{error}");
        }
    }
}
