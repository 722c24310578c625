//! What a search found, as a result holds it.

use crate::human::grouped_rate;
use crate::load::condition::ConditionStatus;
use crate::load::latency_figures::LoadPercentile;
use crate::validity::Validity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SearchResult {
    /// What was varied.
    pub variable: SearchVariable,
    /// The condition that the load had to meet.
    pub condition: String,
    /// The highest load that met the condition, confirmed by a longer run; null if there is none. Arrivals per second, or
    /// connections.
    pub limit: Option<f64>,
    /// The lowest load that did not meet it; null if every load did.
    pub fails_at: Option<f64>,
    /// How the search ended.
    pub end: SearchEnd,
    /// Why a higher load could not be judged, so that the server may bear more than `limit`; null if none was.
    pub client_limit: Option<String>,
    /// The measured loads in the order of time.
    pub curve: Vec<SearchPoint>,
}

/// What a search varies.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum SearchVariable {
    /// Arrivals per second.
    Rate,
    /// Connections.
    Concurrency,
}

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SearchEnd {
    /// The limit was found and confirmed.
    Confirmed,
    /// The highest load that the search may ask for meets the condition.
    Maximum,
    /// No load meets the condition.
    NoneMeets,
    /// The search could not go on.
    Stopped {
        /// Why, as a sentence without a full stop.
        message: String,
    },
}

/// What a step of a search is for.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum SearchPhase {
    /// Doubles or halves the load until the limit is between two loads.
    Exponential,
    /// Halves the distance between the two loads.
    Binary,
    /// Confirms the limit.
    Confirmation,
}

/// A measured load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SearchPoint {
    /// The load that was asked for: arrivals per second, or connections.
    pub asked: f64,
    /// What the step was for.
    pub phase: SearchPhase,
    /// The length of the window.
    pub window_us: u64,
    /// Requests that ended within it, per second.
    pub requests_per_s: f64,
    /// The median response time; null if it is not supported.
    pub p50: Option<LoadPercentile>,
    /// The 99th percentile of the response time; null if it is not supported.
    pub p99: Option<LoadPercentile>,
    /// The part of the ended requests that failed, 0 to 1.
    pub error_share: f64,
    /// Whether the figures can be used.
    pub validity: Validity,
    /// Whether the load meets the condition. Not judged if the client was the limit.
    pub status: ConditionStatus,
    /// The condition with its figures, or why the load does not meet it although the condition holds.
    pub message: String,
}

impl SearchVariable {
    /// A load with its unit: `400/s`, `50 connections`.
    pub fn describe(self, load: f64) -> String {
        match self {
            SearchVariable::Rate => format!("{}/s", grouped_rate(load)),
            SearchVariable::Concurrency if load <= 1.0 => "1 connection".to_owned(),
            SearchVariable::Concurrency => format!("{load:.0} connections"),
        }
    }
}
