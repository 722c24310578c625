//! Strategies compared with themselves in an earlier result, the baseline.

use super::ratio::Ratio;
use super::strategy_result::StrategyResult;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::{As, Map, Same};
use std::collections::BTreeMap;

/// A strategy compared with itself in an earlier result; or `environment` or `percentiles`, with what cannot be compared
/// of the results as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineRatio {
    /// The conditions and the strategy; `environment` or `percentiles`.
    pub name: String,
    /// The conditions of the cell by name; empty if this is not about a strategy.
    #[serde(default, with = "As::<Map<Same, Same>>")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub conditions: Vec<(String, String)>,
    /// The name of the strategy; null if this is not about one.
    #[serde(default)]
    pub strategy: Option<String>,
    /// The wall time divided by that of the earlier result: above 1 it takes longer now. Null if they cannot be compared.
    pub ratio: Option<Ratio>,
    /// The metrics that both results have.
    #[serde(default)]
    pub figures: Vec<BaselineFigure>,
    /// The meaning of the ratio, or why there is none.
    pub message: String,
}

/// A metric of a strategy in both results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineFigure {
    /// The metric, as a threshold names it: `requests`, `p99`.
    pub metric: String,
    /// The unit of both figures: `us`, `share` (0 to 1), `downloads`, `per_s`, `KiB`.
    pub unit: String,
    /// The figure of this result.
    pub now: f64,
    /// The figure of the earlier result.
    pub baseline: f64,
}

/// What a strategy of a cell is compared with in an earlier result.
#[derive(Clone, Debug)]
pub struct BaselineMatch<'a> {
    /// The name of the strategy.
    pub name: &'a str,
    /// The same strategy under the same conditions, or why the two cannot be compared.
    pub earlier: Result<&'a StrategyResult, String>,
    /// The ratio of the wall times: above 1 it takes longer now.
    pub ratio: Option<Ratio>,
}
