//! A listener, which is one server of a profile.

use super::accept_delay::AcceptDelay;
use super::bandwidth::Bandwidth;
use super::cache_control::CacheControl;
use super::profile_error::ProfileError;
use super::profile_error::{Violation, check_names};
use super::rate_limit::RateLimit;
use super::rule::{Rule, check_faults};
use super::time_window::TimeWindow;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Maximum number of rules, because a request may be compared with each.
const MAX_RULES: usize = 1000;

/// Maximum concurrency limit, and maximum length of the queue.
const MAX_REQUESTS: u32 = 1_000_000;

/// A server of a profile: its port, its limits, its rules, and the latency and faults of responses to requests that no
/// rule matches.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listener {
    /// The name at start and in the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The port; 0 for any free one. Default: 8000 for the first listener, 8001 for the second, and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The delay of responses: `50ms`, `uniform:500ms..5s`. Default: none.
    pub latency: Latency,
    /// The faults and their probabilities: `404@5%`; at most 100% in total.
    pub faults: Vec<FaultSpec>,
    /// Maximum number of requests in service; when the queue is full too, the response is 503.
    #[serde(alias = "capacity", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub concurrency_limit: Option<u32>,
    /// Maximum number of requests that wait for service, first in, first out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000_000)))]
    pub queue: Option<u32>,
    /// Maximum request rate, `100/s` or `30/m`; the rest get 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Maximum bandwidth of all connections together, `1MB/s` or `64KiB/s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Bandwidth>,
    /// Delays before connections are accepted: `200ms`, `1s@5s..8s`; the first whose window holds the time applies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept_delay: Vec<AcceptDelay>,
    /// Windows of time in which connections are refused (ECONNREFUSED): `5s..8s`, `20s..`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refuse: Vec<TimeWindow>,
    /// The value of the `Cache-Control` field of flags, metadata and pages: `max-age=60`. Default: no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<CacheControl>,
    /// Rules replace latency and faults for some requests. The first rule that matches a request decides both.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl Listener {
    /// Checks ranges, the rules, and conditions between several values.
    ///
    /// # Errors
    /// The first violation, with its key.
    pub fn check(&self) -> Result<(), ProfileError> {
        Ok(self.find_violation()?)
    }

    /// Checks everything that serde does not check.
    pub(super) fn find_violation(&self) -> Result<(), Violation> {
        self.check_concurrency()?;
        check_faults(&self.faults)?;
        let count = self.rules.len();
        if count > MAX_RULES {
            let reason = format!("expected at most {MAX_RULES} rules, got {count}");
            return Err(Violation::at("rule", reason));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let is_reached = || check_reachable(&self.rules[..index]);
            let checked = rule.find_violation().and_then(|()| is_reached());
            checked.map_err(|violation| violation.within("rule", index))?;
        }
        check_names("rule", self.rules.iter().map(|rule| rule.name.as_deref()))
    }

    /// Reads the files that faults name, relative to `folder`. Without this call they are read when a server starts, relative
    /// to the working directory.
    ///
    /// # Errors
    /// The first file that cannot be read, with its key.
    pub fn read_files(&mut self, folder: &Path) -> Result<(), ProfileError> {
        Ok(self.read_fault_files(folder)?)
    }

    pub(super) fn read_fault_files(&mut self, folder: &Path) -> Result<(), Violation> {
        read_files(&mut self.faults, folder)?;
        for (index, rule) in self.rules.iter_mut().enumerate() {
            let read = read_files(&mut rule.faults, folder);
            read.map_err(|violation| violation.within("rule", index))?;
        }
        Ok(())
    }

    /// The files that faults name.
    pub fn fault_files(&self) -> impl Iterator<Item = &Path> {
        let of_rules = self.rules.iter().flat_map(|rule| &rule.faults);
        self.faults
            .iter()
            .chain(of_rules)
            .filter_map(FaultSpec::file)
    }

    fn check_concurrency(&self) -> Result<(), Violation> {
        let is_valid = |limit: &u32| (1..=MAX_REQUESTS).contains(limit);
        if let Some(limit) = self.concurrency_limit.filter(|limit| !is_valid(limit)) {
            let reason = format!("expected 1 to {MAX_REQUESTS}, got `{limit}`");
            return Err(Violation::at("concurrency_limit", reason));
        }
        match self.queue {
            Some(_) if self.concurrency_limit.is_none() => {
                Err(Violation::at("queue", "needs `concurrency_limit`"))
            }
            Some(queue) if queue > MAX_REQUESTS => {
                let reason = format!("expected at most {MAX_REQUESTS}, got `{queue}`");
                Err(Violation::at("queue", reason))
            }
            _ => Ok(()),
        }
    }
}

fn read_files(faults: &mut [FaultSpec], folder: &Path) -> Result<(), Violation> {
    for (index, fault) in faults.iter_mut().enumerate() {
        let read = fault.read_file(folder);
        read.map_err(|error| Violation::new(error.to_string()).within("faults", index))?;
    }
    Ok(())
}

/// Checks that no earlier rule matches every request.
fn check_reachable(earlier: &[Rule]) -> Result<(), Violation> {
    match earlier.iter().position(Rule::matches_all) {
        Some(index) => {
            let reason = format!("never reached: `rule[{index}]` matches every request");
            Err(Violation::new(reason))
        }
        None => Ok(()),
    }
}
