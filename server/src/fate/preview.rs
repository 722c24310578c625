//! Fates in advance: what will happen to a request, in the words of the journal.

use crate::Site;
use crate::fate::rule_set::{RequestInfo, RuleSet};
use crate::http::write_schedule::{WriteSchedule, describe_ending};
use flagpole_protocol::Fate;
use flagpole_protocol::FateKey;
use flagpole_protocol::{micros, option_micros};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What is planned for one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FatePreview {
    /// What is asked for.
    pub resource: FateKey,
    /// The number of the request for this key, from 1.
    #[serde(rename = "n")]
    pub request_number: u64,
    /// The rule that decides: its name, or `rule[0]` and so on, or `listener`.
    pub rule: Arc<str>,
    /// The delay, in microseconds.
    #[serde(rename = "planned_us", serialize_with = "micros")]
    pub planned: Duration,
    /// The fault that will strike.
    pub fault: Option<Arc<str>>,
    /// How and where the answer will end: `complete`, `cut at byte 700`.
    pub ending: Cow<'static, str>,
    /// How long after its head has been parsed the answer ends at the soonest, in microseconds; `None`
    /// if it never does.
    #[serde(rename = "duration_us", serialize_with = "option_micros")]
    pub duration: Option<Duration>,
}

impl FatePreview {
    /// What the rules have in store for a request by GET.
    pub fn of(rulebook: &RuleSet, site: &Site, asked: &RequestInfo<'_>) -> FatePreview {
        let decided = rulebook.decide(asked);
        let (fate, body) = (decided.fate, site.length(asked.key));
        FatePreview {
            resource: asked.key,
            request_number: asked.request_number,
            rule: rulebook.label(decided.rule),
            planned: fate.delay,
            ending: describe_ending(fate.pace, fate.ending, body),
            duration: duration(&fate, body),
            fault: fate.fault,
        }
    }
}

fn duration(fate: &Fate, body: u64) -> Option<Duration> {
    // How long the head is makes no difference to when the last byte is due.
    let paced = WriteSchedule::new(fate, 1, body).duration()?;
    Some(fate.delay + paced)
}
