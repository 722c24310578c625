//! Conditions on the figures of a load run, such as `p99 < 50ms and errors < 0.1%`, and their judgement.

mod expression;
mod judge;
mod metric;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub use expression::{LoadCondition, LoadTerm};
pub use judge::{ConditionFigure, ConditionResult, ConditionStatus};
pub use metric::{LoadLatency, LoadMetric, LoadStatistic};
