//! The data of a request from which its fate (all that will happen to the response) is decided, and the decision.

use flagpole_protocol::{Fate, FateKey, RuleName};
use http::Method;
use std::time::Duration;

/// A request, as far as its fate depends on it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestInfo<'a> {
    /// The method; only rules with a `method` depend on the method.
    pub method: &'a Method,
    /// The normalised path.
    pub key: &'a FateKey,
    /// The number of the request for this key, from 1.
    pub request_number: u64,
    /// The time from the start of the server to the end of the request's head; only rules with a time window
    /// depend on the time.
    pub elapsed: Duration,
}

impl<'a> RequestInfo<'a> {
    /// A GET request; see the fields.
    pub fn get(key: &'a FateKey, request_number: u64, elapsed: Duration) -> RequestInfo<'a> {
        RequestInfo {
            method: &Method::GET,
            key,
            request_number,
            elapsed,
        }
    }
}

/// What a fate comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FateSource {
    /// The listener itself, as no rule matches.
    #[default]
    Listener,
    /// The rule at this index (from 0).
    Rule(usize),
    /// The request itself, which asks for it.
    Asked,
    /// The request that began the chain of redirects; its rule has this name in the journal.
    Chain(RuleName),
}

/// The fate of a request, and what it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Decision {
    /// The rule or something in its place.
    pub source: FateSource,
    /// All that will happen to the response.
    pub fate: Fate,
}
