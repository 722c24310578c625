//! A rule of a listener: conditions on requests, and the latency and faults of the responses to requests that meet
//! them.

use super::path_glob::PathGlob;
use super::request_number_range::RequestNumberRange;
use crate::config::text::schema_text;
use crate::config::text::serde_text as text;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A rule. A request matches if all given conditions hold; without conditions every request matches.
/// `n` is the request number: 1 for the first request for a resource.
///
/// ```
/// use flagpole_server::Rule;
///
/// // Fail twice, then succeed.
/// let twice = Rule::default().first(2).fault("503".parse()?);
/// # Ok::<(), flagpole_server::SpecError>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The name in the journal. Default: `rule[0]`, `rule[1]` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Requests with this method, `GET` or `HEAD`.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<schema_text::MethodText>")]
    pub method: Option<Method>,
    /// Requests whose normalised path matches this glob: `/flags/*/metadata.json`.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<schema_text::PathText>")]
    pub path: Option<PathGlob>,
    /// The first N requests for each resource: n <= N.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub first: Option<u32>,
    /// Every Nth request for each resource: with 5, n = 5, 10, 15, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// Requests with these numbers, from 1: `3`, `3..6` (3, 4 and 5), `3..=6`, `3..`, `..3` (1 and 2).
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<schema_text::RequestNumberText>")]
    pub n: Option<RequestNumberRange>,
    /// Requests from this time on, counted from the start of the server. The clock, not the seed, decides which requests
    /// match.
    #[serde(
        default,
        with = "text::duration",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<schema_text::DurationText>")]
    pub from: Option<Duration>,
    /// Requests before this time after the start of the server.
    #[serde(
        default,
        with = "text::duration",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<schema_text::DurationText>")]
    pub to: Option<Duration>,
    /// The delay of the responses. Default: none, even if the listener has a latency.
    #[serde(default, with = "text")]
    #[schemars(with = "schema_text::LatencyText")]
    pub latency: Latency,
    /// The faults and their probabilities. Default: none, even if the listener has faults.
    #[serde(default, with = "text::list")]
    #[schemars(with = "Vec<schema_text::FaultText>")]
    pub faults: Vec<FaultSpec>,
}

impl Rule {
    /// Matches only the first `first` requests for each resource.
    pub fn first(self, first: u32) -> Rule {
        Rule {
            first: Some(first),
            ..self
        }
    }

    /// Matches only every `every`-th request for each resource.
    pub fn every(self, every: u32) -> Rule {
        Rule {
            every: Some(every),
            ..self
        }
    }

    /// Matches only requests with these numbers.
    pub fn n(self, n: RequestNumberRange) -> Rule {
        Rule { n: Some(n), ..self }
    }

    /// Matches only requests with this method.
    pub fn method(self, method: Method) -> Rule {
        Rule {
            method: Some(method),
            ..self
        }
    }

    /// Matches only requests for these paths.
    pub fn path(self, path: PathGlob) -> Rule {
        Rule {
            path: Some(path),
            ..self
        }
    }

    /// Matches only requests in this window of time after the start of the server.
    pub fn between(self, from: Duration, to: Duration) -> Rule {
        Rule {
            from: Some(from),
            to: Some(to),
            ..self
        }
    }

    /// Sets the delay of the responses.
    pub fn latency(self, latency: Latency) -> Rule {
        Rule { latency, ..self }
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: FaultSpec) -> Rule {
        self.faults.push(fault);
        self
    }

    /// Sets the name in the journal.
    pub fn name(self, name: impl Into<String>) -> Rule {
        Rule {
            name: Some(name.into()),
            ..self
        }
    }

    /// Whether the conditions on the request number (from 1) and on the time since the start of the server hold.
    pub(crate) fn matches_number_and_time(&self, n: u64, elapsed: Duration) -> bool {
        self.first.is_none_or(|first| n <= u64::from(first))
            && self
                .every
                .is_none_or(|every| n.is_multiple_of(u64::from(every.max(1))))
            && self.n.as_ref().is_none_or(|range| range.contains(n))
            && self.from.is_none_or(|from| elapsed >= from)
            && self.to.is_none_or(|to| elapsed < to)
    }

    /// Whether every request matches.
    pub(crate) fn matches_all(&self) -> bool {
        let has_number = self.first.is_some()
            || self.every.is_some_and(|every| every > 1)
            || self.n.is_some_and(|range| !range.is_all());
        let has_window = self.to.is_some() || self.from.is_some_and(|from| !from.is_zero());
        !has_number && !has_window && self.method.is_none() && self.path.is_none()
    }

    /// Whether some request number satisfies `first`, `every` and `n`.
    pub(crate) fn has_request_number(&self) -> bool {
        let every = u64::from(self.every.unwrap_or(1).max(1));
        let first = self.n.map_or(1, |range| range.first());
        let Some(n) = first.checked_next_multiple_of(every) else {
            return false;
        };
        self.first.is_none_or(|first| n <= u64::from(first))
            && self.n.is_none_or(|range| range.contains(n))
    }
}
