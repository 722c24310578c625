//! The result of a comparison as plain data: what a result file holds.

mod concurrency_curve;
mod document;
mod figures;
mod latencies;
mod ratio;
mod strategy_result;
pub mod threshold;
mod trial;

pub use concurrency_curve::{ConcurrencyCurve, ConcurrencyPoint, Knee};
pub use document::{
    BaselineRatio, Cell, Comparison, Environment, MeasurementOverhead, RepeatedRound, SCHEMA,
};
pub use figures::{PercentilePoint, ResourceUsage, Spread};
pub use latencies::{Latencies, LatencyByResult, Percentile};
pub use ratio::Ratio;
pub use strategy_result::{FailureCount, StrategyResult};
pub use trial::{AttemptView, RoundResult, ServerSummary, Trial, median_trial};
