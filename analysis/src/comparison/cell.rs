//! One combination of conditions.

use super::server_summary::ServerSummary;
use super::strategy_result::StrategyResult;
use crate::validity::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The strategies under one combination of conditions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cell {
    /// The conditions by name, in the order of display: `latency`, `50ms`.
    #[serde(serialize_with = "as_map")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub conditions: Vec<(String, String)>,
    /// The number of measured rounds of each strategy, without the warm-up round; the highest if they differ.
    pub rounds: usize,
    /// The order of the strategies in each round.
    pub order: Vec<Vec<String>>,
    /// The results of each strategy.
    pub strategies: Vec<StrategyResult>,
    /// The server's ledger; null for an external server.
    pub server: Option<ServerSummary>,
    /// Whether the figures can be used.
    pub verdict: Verdict,
}

impl Cell {
    /// The value of this condition; empty without it.
    pub(crate) fn condition(&self, name: &str) -> &str {
        let mut conditions = self.conditions.iter();
        let found = conditions.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

fn as_map<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
