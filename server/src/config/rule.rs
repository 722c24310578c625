//! A rule of a listener: conditions on requests, and the latency and faults of the responses to requests that meet
//! them.

use super::path_glob::PathGlob;
use super::profile_error::Violation;
use super::request_number_range::RequestNumberRange;
use super::text::DurationText;
use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::latency::Latency;
use flagpole_protocol::spec::DurationDisplay;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_with::{As, DisplayFromStr};
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rule {
    /// The name in the journal. Default: `rule[0]`, `rule[1]` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Requests with this method, `GET` or `HEAD`.
    #[serde(
        with = "As::<Option<DisplayFromStr>>",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub method: Option<Method>,
    /// Requests whose normalised path matches this glob: `/flags/*/metadata.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathGlob>,
    /// The first N requests for each resource: n <= N.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub first: Option<u32>,
    /// Every Nth request for each resource: with 5, n = 5, 10, 15, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub every: Option<u32>,
    /// Requests with these numbers, from 1: `3`, `3..6` (3, 4 and 5), `3..=6`, `3..`, `..3` (1 and 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<RequestNumberRange>,
    /// Requests from this time on, counted from the start of the server. The clock, not the seed, decides which requests
    /// match.
    #[serde(with = "As::<Option<DurationText>>")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<DurationText>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Duration>,
    /// Requests before this time after the start of the server.
    #[serde(with = "As::<Option<DurationText>>")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<DurationText>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Duration>,
    /// The delay of the responses. Default: none, even if the listener has a latency.
    pub latency: Latency,
    /// The faults and their probabilities. Default: none, even if the listener has faults.
    pub faults: Vec<FaultSpec>,
}

/// Setters, to be chained.
impl Rule {
    /// Matches only the first `first` requests for each resource.
    pub fn first(mut self, first: u32) -> Rule {
        self.first = Some(first);
        self
    }

    /// Matches only every `every`-th request for each resource.
    pub fn every(mut self, every: u32) -> Rule {
        self.every = Some(every);
        self
    }

    /// Matches only requests with these numbers.
    pub fn n(mut self, n: RequestNumberRange) -> Rule {
        self.n = Some(n);
        self
    }

    /// Matches only requests with this method.
    pub fn method(mut self, method: Method) -> Rule {
        self.method = Some(method);
        self
    }

    /// Matches only requests for these paths.
    pub fn path(mut self, path: PathGlob) -> Rule {
        self.path = Some(path);
        self
    }

    /// Matches only requests in this window of time after the start of the server.
    pub fn between(mut self, from: Duration, to: Duration) -> Rule {
        (self.from, self.to) = (Some(from), Some(to));
        self
    }

    /// Sets the delay of the responses.
    pub fn latency(mut self, latency: Latency) -> Rule {
        self.latency = latency;
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: FaultSpec) -> Rule {
        self.faults.push(fault);
        self
    }

    /// Sets the name in the journal.
    pub fn name(mut self, name: impl Into<String>) -> Rule {
        self.name = Some(name.into());
        self
    }
}

impl Rule {
    /// Checks everything that serde does not check.
    pub(super) fn find_violation(&self) -> Result<(), Violation> {
        let is_reserved = |name: &&String| {
            matches!(name.as_str(), "listener" | "asked") || name.starts_with("rule[")
        };
        if let Some(name) = self.name.as_ref().filter(is_reserved) {
            let reason = format!("`{name}` is a reserved name");
            return Err(Violation::at("name", reason));
        }
        if let Some(method) = self.method.as_ref().filter(|method| !is_uppercase(method)) {
            let reason = format!("expected a method such as `GET`, got `{method}`");
            return Err(Violation::at("method", reason));
        }
        for (key, count) in [("first", self.first), ("every", self.every)] {
            if count == Some(0) {
                let reason = "expected a whole number from 1, got `0`";
                return Err(Violation::at(key, reason));
            }
        }
        if !self.has_request_number() {
            let reason = "no request number satisfies `first`, `every` and `n` of this rule";
            return Err(Violation::new(reason));
        }
        let from = self.from.unwrap_or_default();
        if let Some(to) = self.to.filter(|&to| to <= from) {
            let (from, to) = (DurationDisplay(from), DurationDisplay(to));
            let reason = format!("expected a time after `{from}`, got `{to}`");
            return Err(Violation::at("to", reason));
        }
        check_faults(&self.faults)
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
        let first = self.n.map_or(1, |range| range.first);
        let Some(n) = first.checked_next_multiple_of(every) else {
            return false;
        };
        self.first.is_none_or(|first| n <= u64::from(first))
            && self.n.is_none_or(|range| range.contains(n))
    }
}

/// Checks that the probabilities of faults add up to at most 100%.
pub(super) fn check_faults(faults: &[FaultSpec]) -> Result<(), Violation> {
    match Faults::new(faults.to_vec()) {
        Err(error) => Err(Violation::at("faults", error.to_string())),
        Ok(_) => Ok(()),
    }
}

/// Whether a method consists of capital letters and hyphens, as all registered methods do; case matters (RFC 9110
/// section 9.1).
fn is_uppercase(method: &Method) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    method.as_str().bytes().all(is_allowed)
}
