//! The result document of a load run. Times are in microseconds, in fields that end in `_us`.

use super::asked::AskedLoad;
use super::condition::ConditionResult;
use super::figures::LoadFigures;
use super::histogram::HistogramBucket;
use super::iterations::LoadIterations;
use super::loop_usage::LoopUsage;
use super::process_figures::ProcessFigures;
use super::repeat_command::RepeatCommand;
use super::search_result::SearchResult;
use super::second::LoadSecond;
use super::stop_reason::StopReason;
use crate::comparison::{BaselineFigure, Environment, ResourceUsage, ServerSummary};
use crate::validity::{LostTime, Verdict};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_with::{As, Map, Same};
use std::collections::BTreeMap;

/// The version of the format. The format is additive: a key is never removed, renamed or given another meaning or unit; new
/// keys may appear, and readers ignore keys that they do not know. The number rises only if that promise has to be broken.
pub const LOAD_SCHEMA_VERSION: u32 = 1;

/// The result of a load run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct LoadResult {
    /// The version of this format, 1.
    pub schema_version: u32,
    /// Whether the figures can be used.
    pub verdict: Verdict,
    /// The load that was asked for.
    pub asked: AskedLoad,
    /// What was requested: `GET http://127.0.0.1:8000/`.
    pub targets: Vec<String>,
    /// The settings by name, in the order of display: `timeout`, `2s`.
    #[serde(with = "As::<Map<Same, Same>>")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub settings: Vec<(String, String)>,
    /// The command that repeats the run; null if it is not known.
    #[serde(default)]
    pub repeat: Option<RepeatCommand>,
    /// The machine and the program.
    pub environment: Environment,
    /// Why the run ended.
    pub stop: StopReason,
    /// From the end of the warm-up until the last request ended or was cancelled; at least the window.
    pub elapsed_us: u64,
    /// The figures.
    pub figures: LoadFigures,
    /// The number of attempts in flight.
    pub in_flight: InFlightFigures,
    /// Arrivals that were due and never started; 0 in the closed model.
    pub unstarted: u64,
    /// The iterations of a scenario; null without one.
    #[serde(default)]
    pub iterations: Option<LoadIterations>,
    /// The judged conditions (`--fail-if`).
    #[serde(default)]
    pub conditions: Vec<ConditionResult>,
    /// The figures beside those of an earlier result (`--baseline`); empty without one.
    #[serde(default)]
    pub baseline: Vec<BaselineFigure>,
    /// What limited the run, and what its figures do not say: sentences without a full stop.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The search of which this is the last run (`--find-rate`, `--find-concurrency`); null if there was none.
    #[serde(default)]
    pub search: Option<SearchResult>,
    /// The seconds of the run.
    pub seconds: Vec<LoadSecond>,
    /// The distribution of the response times of successful and of unfinished requests.
    pub histogram: Vec<HistogramBucket>,
    /// The client processes whose load this is; empty for a run of one process.
    #[serde(default)]
    pub processes: Vec<ProcessFigures>,
    /// The event loops of the client.
    pub loops: Vec<LoopUsage>,
    /// What the client's process used.
    pub resource_usage: ResourceUsage,
    /// What the client's process did not get from the machine.
    pub lost: LostTime,
    /// Whether the server ran on this machine.
    pub is_server_local: bool,
    /// The CPU time of a server on this machine; null if it is not known.
    pub server_cpu_us: Option<u64>,
    /// The ledger of flagpole's own server; null for another server.
    pub server: Option<ServerSummary>,
}

/// The number of attempts in flight, the warm-up included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct InFlightFigures {
    /// The mean over time; null if it was not measured.
    pub mean: Option<f64>,
    /// The sum of the largest numbers of the event loops: the largest number at a time is not above it.
    pub max: u64,
}

impl LoadResult {
    /// The schema of the document, as JSON Schema 2020-12.
    pub fn schema() -> serde_json::Value {
        SchemaGenerator::default()
            .into_root_schema_for::<LoadResult>()
            .to_value()
    }
}
