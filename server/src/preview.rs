//! Previews of fates: what will happen to one response, without a server. Fields have the names of the
//! journal, the log of requests.

use crate::Site;
use crate::fate::request_info::RequestInfo;
use crate::fate::rule_set::RuleSet;
use crate::http::write_schedule::{PlannedPacing, describe_ending};
use flagpole_protocol::{Fate, FateKey, RuleName};
use serde::Serialize;
use serde_with::{As, DurationMicroSecondsWithFrac};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What will happen to the response to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FatePreview {
    /// The key of the request: the normalised path.
    pub resource: FateKey,
    /// The number of the request for this key, from 1.
    #[serde(rename = "n")]
    pub request_number: u64,
    /// The rule that decides: its name, or `rule[0]` and so on, or `listener`.
    pub rule: RuleName,
    /// The planned delay, in microseconds.
    #[serde(
        rename = "planned_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub planned: Duration,
    /// The fault that is injected.
    pub fault: Option<Arc<str>>,
    /// How and where the response ends: `complete`, `cut at byte 700`, `hangs after the last byte`, `never ends`.
    pub ending: Cow<'static, str>,
    /// The shortest time from the end of the request's head to the last byte of the response, in microseconds; `None`
    /// if the last byte is never sent.
    #[serde(
        rename = "duration_us",
        serialize_with = "As::<Option<DurationMicroSecondsWithFrac>>::serialize"
    )]
    pub duration: Option<Duration>,
    /// The part of `duration` between the end of the delay and the last byte of the head, in microseconds; `None` if the
    /// head is never complete.
    #[serde(
        rename = "paced_head_us",
        serialize_with = "As::<Option<DurationMicroSecondsWithFrac>>::serialize"
    )]
    pub paced_head: Option<Duration>,
    /// How long the connection stays silent after the last byte before it takes its next request, in microseconds; `None`
    /// if it never does. 0 if the connection ends with the response.
    #[serde(
        rename = "pause_after_us",
        serialize_with = "As::<Option<DurationMicroSecondsWithFrac>>::serialize"
    )]
    pub pause_after: Option<Duration>,
}

impl FatePreview {
    /// The preview of a GET request.
    pub fn new(rule_set: &RuleSet, site: &Site, request: &RequestInfo<'_>) -> FatePreview {
        let decision = rule_set.decide(request);
        let (fate, body) = (decision.fate, site.length(request.key));
        let pacing = PlannedPacing::new(&fate, body);
        FatePreview {
            resource: request.key.clone(),
            request_number: request.request_number,
            rule: rule_set.label(&decision.source),
            planned: fate.delay,
            ending: describe_ending(fate.pace, &fate.framing, fate.ending, body),
            duration: total(&fate, &pacing),
            paced_head: pacing.head,
            pause_after: pacing.pause_after,
            fault: fate.fault,
        }
    }
}

fn total(fate: &Fate, pacing: &PlannedPacing) -> Option<Duration> {
    Some(fate.delay + pacing.head? + pacing.body?)
}
