//! The result of a comparison as plain data: what a result file holds.

mod baseline;
mod concurrency_curve;
mod concurrency_curves;
mod document;
mod figures;
mod latencies;
mod program;
mod program_trial;
mod ratio;
mod schema_3;
mod strategy_result;
pub mod threshold;
mod threshold_result;
mod trial;

pub use baseline::{BaselineFigure, BaselineMatch, BaselineRatio};
pub use concurrency_curve::{ConcurrencyCurve, ConcurrencyPoint, Knee};
pub use document::{
    Cell, Comparison, Environment, ExternalServer, MeasurementOverhead, RepeatedRound, SCHEMA,
};
pub(crate) use document::{MAX_CONCURRENCY, condition_label};
pub use figures::{PercentilePoint, ResourceUsage, Spread};
pub use latencies::{Latencies, LatencyByResult, Percentile};
pub use program::{ProgramFigures, SkippedProgram, WallMeasuredAt};
pub use program_trial::ProgramTrial;
pub use ratio::Ratio;
pub use strategy_result::{FailureCount, StrategyResult};
pub use threshold_result::{ThresholdResult, ThresholdStatus};
pub use trial::{AttemptView, RoundResult, ServerSummary, Trial, median_trial, set_usual_waits};
