//! What all exchanges of a run have in common, made once before the first of them.

use crate::clock::Clock;
use crate::plan::Job;
use crate::run::{Run, RunError};
use flagpole_fixtures::{Resource, headers};
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::uri::{PathAndQuery, Uri};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const NTH: HeaderName = HeaderName::from_static(headers::NTH);
const RUN: HeaderName = HeaderName::from_static(headers::RUN);
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flagpole/", env!("CARGO_PKG_VERSION")));

/// Where requests go, what they say, and what limits them.
#[derive(Debug)]
pub struct Wire {
    pub(crate) addresses: Box<[SocketAddr]>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) body_limit: usize,
    pub(crate) clock: Clock,
    pub(crate) cancel: CancellationToken,
    prefix: String,
    /// The same for every request, but for n.
    headers: HeaderMap,
    /// One for each resource, made when it is first asked for.
    uris: Box<[OnceLock<Uri>]>,
}

impl Wire {
    pub(crate) fn new(run: &Run<'_>) -> Result<Wire, RunError> {
        let target = run.endpoint.target();
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(HOST, header(target.authority()));
        headers.insert(USER_AGENT, AGENT);
        if let Some(name) = &run.name {
            headers.insert(RUN, run_name(name)?);
        }
        Ok(Wire {
            addresses: run.endpoint.addresses().into(),
            timeout: run.timeout,
            body_limit: run.body_limit,
            clock: Clock::start(),
            cancel: run.cancel.clone(),
            prefix: target.prefix().to_owned(),
            headers,
            uris: (0..Resource::COUNT).map(|_| OnceLock::new()).collect(),
        })
    }

    /// The headers of an attempt. n is only named in a run that has a name: without one the server
    /// counts, and knows better.
    pub(crate) fn headers(&self, job: &Job) -> HeaderMap {
        let mut headers = self.headers.clone();
        if headers.contains_key(RUN) {
            headers.insert(NTH, HeaderValue::from(job.nth));
        }
        headers
    }

    /// The request target of a resource: a path.
    pub(crate) fn uri(&self, resource: Resource) -> Uri {
        self.uris[resource.index()]
            .get_or_init(|| {
                let path = format!("{}{resource}", self.prefix);
                let path = PathAndQuery::from_maybe_shared(path);
                Uri::from(path.expect("the prefix was part of a URL, the rest is letters"))
            })
            .clone()
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
