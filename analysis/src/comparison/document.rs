//! The result document. Times are whole microseconds, in fields that end in `_us`.

use super::baseline::BaselineRatio;
use super::concurrency_curve::ConcurrencyCurve;
use super::program::{SkippedProgram, WallMeasuredAt};
use super::strategy_result::StrategyResult;
use super::threshold_result::ThresholdResult;
use super::trial::ServerSummary;
use crate::validity::Verdict;
use flagpole_protocol::ServerIdentity;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_with::{As, Map, Same};
use std::collections::BTreeMap;

/// The version of the format. From version 4 on the format is additive: a key is never removed, renamed or given
/// another meaning or unit; new keys may appear, and readers ignore keys that they do not know. The number rises only
/// if that promise has to be broken, as it was by version 4: version 3 had latencies of attempts that mixed successes
/// and failures, and ratios in two directions.
pub const SCHEMA: u32 = 4;

/// The result of a comparison.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The version of this format, 4.
    pub schema: u32,
    /// The experiment, as its file holds it.
    pub experiment: serde_json::Value,
    /// The machine and the program.
    pub environment: Environment,
    /// What the harness itself adds to latencies; null if it was not measured.
    pub measurement_overhead: Option<MeasurementOverhead>,
    /// The results for each combination of conditions.
    pub cells: Vec<Cell>,
    /// Goodput by concurrency, where cells differ in their concurrency.
    pub concurrency_curves: Vec<ConcurrencyCurve>,
    /// The judged thresholds (`--fail-if`), per cell.
    #[serde(default)]
    pub thresholds: Vec<ThresholdResult>,
    /// Each strategy compared with an earlier result; empty without a baseline.
    pub baseline: Vec<BaselineRatio>,
    /// The programs of the experiment that were left out because they are not installed.
    #[serde(default)]
    pub skipped: Vec<SkippedProgram>,
}

/// What the harness itself adds: service times at concurrency 1 without delays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeasurementOverhead {
    /// The median.
    pub p50_us: u64,
    /// The 99th percentile.
    pub p99_us: u64,
    /// The number of attempts.
    pub attempts: u64,
}

/// The machine and the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The version of flagpole.
    pub flagpole: String,
    /// The server at the URL of the experiment, as it describes itself; null for flagpole's own server, and for a server
    /// that is not flagpole.
    #[serde(default)]
    pub server: Option<ExternalServer>,
    /// The operating system and its version.
    pub system: String,
    /// The model of the processor.
    pub processor: String,
    /// The number of processors that the program may use.
    pub cores: usize,
    /// The load average of the last minute before the comparison.
    pub load: Option<f64>,
    /// Whether the program is a release build.
    pub optimised: bool,
    /// The start, in seconds since the Unix epoch.
    pub started_unix_s: u64,
}

/// A flagpole server that was running before the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExternalServer {
    /// The name of the program.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// The name of the listener in its profile, if it has one.
    pub listener: Option<String>,
    /// The seed of the delays and faults.
    pub seed: u64,
}

impl From<&ServerIdentity> for ExternalServer {
    fn from(identity: &ServerIdentity) -> ExternalServer {
        ExternalServer {
            name: identity.name.clone(),
            version: identity.version.clone(),
            listener: identity.listener.clone(),
            seed: identity.seed,
        }
    }
}

/// The strategies under one combination of conditions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The conditions by name, in the order of display: `latency`, `50ms`.
    #[serde(with = "As::<Map<Same, Same>>")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub conditions: Vec<(String, String)>,
    /// The number of measured rounds of each strategy, without the warm-up round; the highest if they differ.
    pub rounds: usize,
    /// The order of the strategies in each round, repeated rounds included.
    pub order: Vec<Vec<String>>,
    /// Why rounds were repeated. They are in no figure; a round without an entry here was not repeated.
    #[serde(default)]
    pub repeated_rounds: Vec<RepeatedRound>,
    /// The name of the strategy to which reports relate the times of the others: the one that was named before the run,
    /// otherwise the fastest; null without results.
    #[serde(default)]
    pub reference: Option<String>,
    /// The results of each strategy and program.
    pub strategies: Vec<StrategyResult>,
    /// Where the wall times are measured: `client`, or `server` if one of the contenders is a program.
    #[serde(default)]
    pub wall_measured_at: WallMeasuredAt,
    /// The server's ledger; null for an external server.
    pub server: Option<ServerSummary>,
    /// Whether the figures can be used.
    pub verdict: Verdict,
}

/// A trial because of which a round was repeated for all strategies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatedRound {
    /// The round, from 1.
    pub round: usize,
    /// The strategy in whose trial the machine stalled.
    pub strategy: String,
    /// The fixed name of the reason: `server_late`, `processor_lost`.
    pub label: String,
    /// The reason with its figures.
    pub message: String,
}

/// The name of the condition that holds the concurrency that was asked for.
pub(crate) const MAX_CONCURRENCY: &str = "max_concurrency";

/// The name of a condition in text: that of the option. In results the concurrency has another one, which baselines and
/// CSV need, as there `concurrency` is that of a strategy.
pub(crate) fn condition_label(name: &str) -> &str {
    match name {
        MAX_CONCURRENCY => "concurrency",
        other => other,
    }
}

impl Comparison {
    /// The names of the conditions in which cells differ.
    pub fn varying(&self) -> Vec<&str> {
        let Some((first, others)) = self.cells.split_first() else {
            return Vec::new();
        };
        let names = first.conditions.iter().map(|(name, _)| name.as_str());
        let differs = |name: &&str| {
            let value = first.condition(name);
            others.iter().any(|cell| cell.condition(name) != value)
        };
        names.filter(differs).collect()
    }

    /// The conditions in which a cell differs from others, as the start of a line; empty without any.
    pub fn prefix(&self, cell: &Cell) -> String {
        let varying = self.varying();
        match cell.describe(|name| varying.contains(&name)) {
            empty if empty.is_empty() => empty,
            conditions => format!("{conditions}: "),
        }
    }

    /// The schema of the document, as JSON Schema 2020-12.
    pub fn schema() -> serde_json::Value {
        SchemaGenerator::default()
            .into_root_schema_for::<Comparison>()
            .to_value()
    }
}

impl Cell {
    /// The value of this condition; empty without it.
    pub(crate) fn condition(&self, name: &str) -> &str {
        let mut conditions = self.conditions.iter();
        let found = conditions.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The selected conditions as text: `latency 50ms, seed 0`.
    pub fn describe(&self, is_selected: impl Fn(&str) -> bool) -> String {
        let selected = self.conditions.iter().filter(|(name, _)| is_selected(name));
        let parts = selected.map(|(name, value)| format!("{} {value}", condition_label(name)));
        parts.collect::<Vec<_>>().join(", ")
    }
}
