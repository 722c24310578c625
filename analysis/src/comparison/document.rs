//! The result document. Times are whole microseconds, in fields that end in `_us`.

use super::baseline_ratio::BaselineRatio;
use super::cell::Cell;
use super::concurrency_curve::ConcurrencyCurve;
use super::environment::Environment;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

/// The version of the format. From version 3 on the format is additive: a key is never removed, renamed or given
/// another meaning or unit; new keys may appear, and readers ignore keys that they do not know. The number rises only
/// if that promise has to be broken.
pub const SCHEMA: u32 = 3;

/// The result of a comparison.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// The version of this format, 3.
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
    /// The crossed thresholds, as sentences.
    pub crossed_thresholds: Vec<String>,
    /// Each strategy compared with an earlier result; empty without a baseline.
    pub baseline: Vec<BaselineRatio>,
}

/// What the harness itself adds: service times at concurrency 1 without delays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MeasurementOverhead {
    /// The median.
    pub p50_us: u64,
    /// The 99th percentile.
    pub p99_us: u64,
    /// The number of attempts.
    pub attempts: u64,
}

impl Comparison {
    /// The schema of the document, as JSON Schema 2020-12.
    pub fn schema() -> serde_json::Value {
        SchemaGenerator::default()
            .into_root_schema_for::<Comparison>()
            .to_value()
    }
}
