//! One server of a profile.

use super::rule::Rule;
use crate::config::profile::{Breach, ProfileError, name_breach};
use crate::config::rate_limit::RateLimit;
use crate::config::serde_text as text;
use crate::config::source_location::Step;
use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::latency::Latency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most rules: each is looked at for every request.
const RULES_MAX: usize = 1000;

/// The most places in service or in a queue.
const PLACES_MAX: u32 = 1_000_000;

/// A server: where it listens, what it does to answers that no rule decides, and whom it lets in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The name by which the greeting and the journal call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The port; 0 for one of the system's choice. Without one: 8000 for the first listener, 8001 for
    /// the second, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How long answers are delayed: `50ms`, `uniform:500ms..5s`; not at all if none is given.
    #[serde(default, with = "text")]
    #[schemars(with = "text::LatencyText")]
    pub latency: Latency,
    /// What goes wrong, and how often: `404@5%`; at most 100% in all.
    #[serde(default, with = "text::list")]
    #[schemars(with = "Vec<text::FaultText>")]
    pub faults: Vec<FaultSpec>,
    /// How many answers may be in service at once; 503 beyond that and the queue.
    #[serde(default, alias = "capacity", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub concurrency_limit: Option<u32>,
    /// How many requests may wait for a place in service, first come, first served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1_000_000))]
    pub queue: Option<u32>,
    /// How many requests a second or minute are let in, `100/s`; 429 beyond that.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<text::RateText>")]
    pub rate_limit: Option<RateLimit>,
    /// What is done to some answers instead; the first rule that matches decides wholly.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl Listener {
    /// Checks what is not a matter of one value alone.
    ///
    /// # Errors
    /// The first breach, with the key but without a place: there is no text.
    pub fn check(&self) -> Result<(), ProfileError> {
        self.breach()
            .map_or(Ok(()), |breach| Err(ProfileError::without_text(&breach)))
    }

    /// What can not be right, whichever rule of the listener it breaks.
    pub(crate) fn breach(&self) -> Option<Breach> {
        let at = |key: &'static str, reason: String| Some((vec![Step::key(key)], reason));
        if let Some(reason) = self.name.as_deref().and_then(name_breach) {
            return at("name", reason);
        }
        if let Some(limit) = self
            .concurrency_limit
            .filter(|limit| !(1..=PLACES_MAX).contains(limit))
        {
            return at(
                "concurrency_limit",
                format!("expected 1 to {PLACES_MAX}, got `{limit}`"),
            );
        }
        if let Some(queue) = self.queue {
            if self.concurrency_limit.is_none() {
                return at("queue", "needs `concurrency_limit`".to_owned());
            }
            if queue > PLACES_MAX {
                return at(
                    "queue",
                    format!("expected at most {PLACES_MAX}, got `{queue}`"),
                );
            }
        }
        if let Err(error) = Faults::new(self.faults.clone()) {
            return at("faults", error.to_string());
        }
        if self.rules.len() > RULES_MAX {
            let reason = format!(
                "expected at most {RULES_MAX} rules, got {}",
                self.rules.len()
            );
            return at("rule", reason);
        }
        self.rules.iter().enumerate().find_map(|(index, rule)| {
            let breach = rule
                .breach()
                .or_else(|| self.hidden(index))
                .or_else(|| self.namesake(index));
            let (steps, reason) = breach?;
            Some((
                [vec![Step::key("rule"), Step::Index(index)], steps].concat(),
                reason,
            ))
        })
    }

    /// A rule with the name of one before it.
    fn namesake(&self, index: usize) -> Option<Breach> {
        let name = self.rules[index].name.as_ref()?;
        let is_taken = self.rules[..index]
            .iter()
            .any(|rule| rule.name.as_ref() == Some(name));
        let reason = || format!("`{name}` is another rule's name already");
        is_taken.then(|| (vec![Step::key("name")], reason()))
    }

    /// A rule that no request ever gets to.
    fn hidden(&self, index: usize) -> Option<Breach> {
        let all = self.rules[..index].iter().position(Rule::matches_all)?;
        let reason = format!("never reached: `rule[{all}]` matches every request");
        Some((Vec::new(), reason))
    }
}
