//! A comparison, as a result file holds it: all that was found out and all that is needed to find it out
//! again. Times are whole microseconds, in fields that end in `_us`.

use super::row::StrategyResult;
use crate::comparison::concurrency_curve::{Knee, Point as LanePoint};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use std::collections::BTreeMap;

/// Changes when a field is removed or changes its meaning; not when one is added.
pub const SCHEMA: u32 = 2;

/// What was found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// The version of this form, 2.
    pub schema: u32,
    /// The experiment, as its file would hold it.
    pub experiment: serde_json::Value,
    /// Where it was run.
    pub environment: Environment,
    /// The instrument's own floor; none if it could not be measured.
    pub floor: Option<MeasurementOverhead>,
    /// One for each set of conditions.
    pub cells: Vec<Cell>,
    /// Where conditions differ in their lanes: how many are worth having.
    pub knees: Vec<ConcurrencyCurve>,
    /// Thresholds that were crossed, in words.
    pub crossed: Vec<String>,
    /// What is said of the result that it was compared with, in words.
    pub against: Vec<BaselineRatio>,
}

/// The machine and the programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
pub struct Environment {
    /// The version of flagpole.
    pub flagpole: String,
    /// The operating system and its version.
    pub system: String,
    /// The processor's name.
    pub processor: String,
    /// How many processors the program may use.
    pub cores: usize,
    /// How many processes wanted to run on average over the last minute before the comparison.
    pub load: Option<f64>,
    /// Whether it is a build for speed.
    pub optimised: bool,
    /// When it began, in seconds since the start of 1970.
    pub began: u64,
}

/// What the instrument itself adds: latencies of one lane, the answers not delayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MeasurementOverhead {
    /// Half of all attempts took no longer.
    pub p50_us: u64,
    /// 99% took no longer.
    pub p99_us: u64,
    /// How many there were.
    pub attempts: u64,
}

/// The contenders under the same conditions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cell {
    /// The conditions, to be shown in this order if order can be shown: `latency`, `50ms`.
    #[serde(serialize_with = "as_map")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub conditions: Vec<(String, String)>,
    /// How often each contender was run, the round for warming up left out; the most, if they differ.
    pub rounds: usize,
    /// The order in which they were run, by round.
    pub order: Vec<Vec<String>>,
    /// One a contender.
    pub rows: Vec<StrategyResult>,
    /// What the server says of itself; none if it is not ours.
    pub server: Option<Served>,
    /// Whether the figures can be believed.
    pub verdict: ValidityReport,
}

/// Whether figures can be believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ValidityReport {
    /// `VALID`, `SUSPECT` or `INVALID`.
    pub validity: String,
    /// Why they should be doubted; nothing if they are valid.
    pub reasons: Vec<ValidityIssue>,
}

/// A reason to doubt figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
pub struct ValidityIssue {
    /// What it makes of the figures: `SUSPECT` or `INVALID`.
    pub severity: String,
    /// Its label, which stays the same: `late`, `fates`.
    pub label: String,
    /// The reason, a sentence.
    pub reason: String,
}

/// What one contender brought by how many lanes it had, all else being the same.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ConcurrencyCurve {
    /// The contender.
    pub strategy: String,
    /// What else was the case, in words.
    pub conditions: String,
    /// The curve.
    pub points: Vec<LanePoint>,
    /// From where on more lanes bring next to nothing.
    pub knee: Knee,
}

/// The server's account of all rounds, the one for warming up included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
pub struct Served {
    /// Requests whose head was parsed.
    pub requests: u64,
    /// Answers that were begun, by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Answers that were delayed.
    pub delayed: u64,
    /// How late half of them were at most, in microseconds.
    pub lateness_p50_us: f64,
    /// How late 99% of them were at most, in microseconds.
    pub lateness_p99_us: f64,
    /// Those that came before they were due.
    pub early: u64,
    /// The most answers in service at once, where that is limited.
    pub peak_concurrency: u64,
    /// The processor time of the server's process, user and system.
    #[serde(default)]
    pub cpu_us: u64,
}

/// A contender beside itself in an earlier result; or the `environment`, if it was another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BaselineRatio {
    /// The conditions and the contender.
    pub name: String,
    /// Its wall time over that of the earlier result; none if they can not be compared.
    pub ratio: Option<super::Ratio>,
    /// What that means, or why there is no ratio.
    pub told: String,
}

impl Comparison {
    /// The schema of the document, as JSON Schema 2020-12.
    pub fn schema() -> serde_json::Value {
        SchemaGenerator::default()
            .into_root_schema_for::<Comparison>()
            .to_value()
    }
}

fn as_map<S: serde::Serializer>(
    pairs: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let map: BTreeMap<_, _> = pairs.iter().map(|(name, value)| (name, value)).collect();
    serde::Serialize::serialize(&map, serializer)
}
