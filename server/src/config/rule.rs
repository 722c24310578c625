//! One rule of a listener: which requests it matches, and what it does to their answers.

use crate::config::path_glob::PathGlob;
use crate::config::profile::{Breach, name_breach};
use crate::config::request_number_range::RequestNumberRange;
use crate::config::serde_text as text;
use crate::config::source_location::Step;
use crate::fate::fault::{FaultSpec, Faults};
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
/// # Ok::<(), flagpole_server::config::spec::SpecError>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The name by which the journal calls it; `rule[0]` and so on without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Requests by this method, `GET` or `HEAD`.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<text::MethodText>")]
    pub method: Option<Method>,
    /// Requests whose path matches this glob: `/flags/*/metadata.json`.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<text::PathText>")]
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
    #[schemars(with = "Option<text::RequestNumberText>")]
    pub n: Option<RequestNumberRange>,
    /// Requests whose head was parsed so long after the server's start, or later. Not pure: who
    /// meets it depends on the clock.
    #[serde(
        default,
        with = "text::duration",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<text::DurationText>")]
    pub from: Option<Duration>,
    /// Requests whose head was parsed sooner than so long after the server's start. Not pure either.
    #[serde(
        default,
        with = "text::duration",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<text::DurationText>")]
    pub to: Option<Duration>,
    /// How long the answers are delayed; not at all if none is given, whatever the listener says.
    #[serde(default, with = "text")]
    #[schemars(with = "text::LatencyText")]
    pub latency: Latency,
    /// What goes wrong, and how often; nothing if none is given, whatever the listener says.
    #[serde(default, with = "text::list")]
    #[schemars(with = "Vec<text::FaultText>")]
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

    /// Matches requests by this method only.
    pub fn method(self, method: Method) -> Rule {
        Rule {
            method: Some(method),
            ..self
        }
    }

    /// Matches requests for these paths only.
    pub fn path(self, path: PathGlob) -> Rule {
        Rule {
            path: Some(path),
            ..self
        }
    }

    /// Matches requests in this part of the server's life only.
    pub fn between(self, from: Duration, to: Duration) -> Rule {
        Rule {
            from: Some(from),
            to: Some(to),
            ..self
        }
    }

    /// Delays the answers.
    pub fn latency(self, latency: Latency) -> Rule {
        Rule { latency, ..self }
    }

    /// Lets a fault strike them; may be called again for another one.
    pub fn fault(mut self, fault: FaultSpec) -> Rule {
        self.faults.push(fault);
        self
    }

    /// Calls it so in the journal.
    pub fn name(self, name: impl Into<String>) -> Rule {
        Rule {
            name: Some(name.into()),
            ..self
        }
    }

    /// Whether the conditions on the request number, from 1, and on the time since the server's start hold.
    pub(crate) fn is_due(&self, n: u64, elapsed: Duration) -> bool {
        self.first.is_none_or(|first| n <= u64::from(first))
            && self
                .every
                .is_none_or(|every| n.is_multiple_of(u64::from(every.max(1))))
            && self.n.as_ref().is_none_or(|range| range.contains(n))
            && self.from.is_none_or(|from| elapsed >= from)
            && self.to.is_none_or(|to| elapsed < to)
    }

    /// Whether there is no request that it does not match.
    pub(crate) fn matches_all(&self) -> bool {
        let counts = self.first.is_some()
            || self.every.is_some_and(|every| every > 1)
            || self.n.is_some_and(|range| !range.is_all());
        let has_window = self.to.is_some() || self.from.is_some_and(|from| !from.is_zero());
        !counts && !has_window && self.method.is_none() && self.path.is_none()
    }

    /// Whether some request number satisfies `first`, `every` and `n`.
    fn has_request_number(&self) -> bool {
        let every = u64::from(self.every.unwrap_or(1).max(1));
        let first = self.n.map_or(1, |range| range.first());
        let Some(n) = first.checked_next_multiple_of(every) else {
            return false;
        };
        self.first.is_none_or(|first| n <= u64::from(first))
            && self.n.is_none_or(|range| range.contains(n))
    }

    pub(crate) fn breach(&self) -> Option<Breach> {
        let at = |key: &'static str, reason: String| Some((vec![Step::key(key)], reason));
        if let Some(reason) = self.name.as_deref().and_then(name_breach) {
            return at("name", reason);
        }
        let is_ours = |name: &&String| *name == "listener" || name.starts_with("rule[");
        if let Some(name) = self.name.as_ref().filter(is_ours) {
            return at("name", format!("the journal calls something else `{name}`"));
        }
        if let Some(method) = self.method.as_ref().filter(|method| !is_known(method)) {
            return at(
                "method",
                format!("expected a method such as `GET`, got `{method}`"),
            );
        }
        for (key, count) in [("first", self.first), ("every", self.every)] {
            if count == Some(0) {
                return at(key, "expected a whole number from 1, got `0`".to_owned());
            }
        }
        if !self.has_request_number() {
            let reason = "no request number satisfies `first`, `every` and `n` of this rule";
            return Some((Vec::new(), reason.to_owned()));
        }
        match (self.from.unwrap_or_default(), self.to) {
            (from, Some(to)) if to <= from => {
                let (from, to) = (
                    crate::config::spec::DurationDisplay(from),
                    crate::config::spec::DurationDisplay(to),
                );
                return at("to", format!("expected a time after `{from}`, got `{to}`"));
            }
            _ => {}
        }
        match Faults::new(self.faults.clone()) {
            Err(error) => at("faults", error.to_string()),
            Ok(_) => None,
        }
    }
}

/// Methods are told apart by case (RFC 9110 section 9.1), and all that are registered are of capital
/// letters and hyphens.
fn is_known(method: &Method) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    method.as_str().bytes().all(is_usual)
}
