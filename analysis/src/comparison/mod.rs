//! The result of a comparison as plain data: what a result file holds.

mod attempt_view;
mod baseline_ratio;
mod cell;
pub mod concurrency_curve;
mod document;
mod environment;
mod percentiles;
mod ratio;
mod resource_usage;
mod round_result;
mod server_summary;
mod strategy_result;
pub mod threshold;
mod trial;

pub use attempt_view::AttemptView;
pub use baseline_ratio::BaselineRatio;
pub use cell::Cell;
pub use concurrency_curve::ConcurrencyCurve;
pub use document::{Comparison, MeasurementOverhead, SCHEMA};
pub use environment::Environment;
pub use percentiles::{PercentilePoint, Percentiles, Spread};
pub use ratio::Ratio;
pub use resource_usage::ResourceUsage;
pub use round_result::RoundResult;
pub use server_summary::ServerSummary;
pub use strategy_result::{FailureCount, StrategyResult};
pub use trial::{Trial, median_trial};
