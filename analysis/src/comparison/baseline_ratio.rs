//! The comparison of a strategy with an earlier result.

use super::ratio::Ratio;
use schemars::JsonSchema;
use serde::Serialize;

/// A strategy compared with itself in an earlier result; or the `environment`, if it differs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BaselineRatio {
    /// The conditions and the strategy, or `environment`.
    pub name: String,
    /// The wall time divided by that of the earlier result; null if they cannot be compared.
    pub ratio: Option<Ratio>,
    /// The meaning of the ratio, or why there is none.
    pub message: String,
}
