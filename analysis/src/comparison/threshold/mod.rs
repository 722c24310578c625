//! Conditions for continuous integration, such as `async.p99 > 80ms`, and their judgement.

mod baseline_figures;
mod check;
mod condition;
mod dimension;
mod judge;
mod metric;
mod parse;
mod quantity;
#[cfg(test)]
mod tests;
mod value;

pub use baseline_figures::baseline_figures;
pub use check::ThresholdContext;
pub use condition::{Comparator, IntervalEnd, RelativeTo, Threshold};
pub(crate) use dimension::Dimension;
pub use metric::{LatencyKind, LatencyMetric, LatencyStatistic, Metric, RunMetric};
pub use quantity::Quantity;
