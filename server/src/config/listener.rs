//! A listener, which is one server of a profile.

use super::rate_limit::RateLimit;
use super::rule::Rule;
use crate::config::text::schema_text;
use crate::config::text::serde_text as text;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A server of a profile: its port, its limits, its rules, and the latency and faults of responses to requests that no
/// rule matches.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The name at start and in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The port; 0 for any free one. Default: 8000 for the first listener, 8001 for the second, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The delay of responses: `50ms`, `uniform:500ms..5s`. Default: none.
    #[serde(default, with = "text")]
    #[schemars(with = "schema_text::LatencyText")]
    pub latency: Latency,
    /// The faults and their probabilities: `404@5%`; at most 100% in total.
    #[serde(default, with = "text::list")]
    #[schemars(with = "Vec<schema_text::FaultText>")]
    pub faults: Vec<FaultSpec>,
    /// Maximum number of requests in service; when the queue is full too, the response is 503.
    #[serde(default, alias = "capacity", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub concurrency_limit: Option<u32>,
    /// Maximum number of requests that wait for service, first in, first out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1_000_000))]
    pub queue: Option<u32>,
    /// Maximum request rate, `100/s` or `30/m`; the rest get 429.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<schema_text::RateText>")]
    pub rate_limit: Option<RateLimit>,
    /// Rules replace latency and faults for some requests. The first rule that matches a request decides both.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}
