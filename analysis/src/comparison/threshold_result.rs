//! Judged thresholds, as a result holds them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::{As, Map, Same};
use std::collections::BTreeMap;
use strum::Display;

/// A threshold (`--fail-if`) under one combination of conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdResult {
    /// The condition: `async.p99 > 80ms`.
    pub threshold: String,
    /// The conditions of the cell by name, in the order of display: `latency`, `50ms`.
    #[serde(with = "As::<Map<Same, Same>>")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub conditions: Vec<(String, String)>,
    /// Whether the condition holds.
    pub status: ThresholdStatus,
    /// The figure that was judged; null without one, and for a ratio to 0.
    pub measured: Option<f64>,
    /// The unit of the figure: `us`, `share` (0 to 1), `downloads`, `per_s`, `KiB`, `ratio`.
    pub unit: String,
    /// The condition with the figure, or why there is none, as a sentence.
    pub message: String,
}

/// Whether the condition of a threshold holds.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum ThresholdStatus {
    /// The condition holds, or there is no figure: a missing figure does not let a comparison pass.
    Crossed,
    /// The condition does not hold.
    Held,
    /// There are too few samples to tell.
    #[strum(serialize = "not judged")]
    NotJudged,
}
