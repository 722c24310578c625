//! Invalid thresholds.

use super::metric::UnknownMetric;
use super::quantity::QuantityError;

/// An invalid threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// The text has another form.
    #[error("expected `NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`, got `{0}`")]
    Form(String),
    /// The metric does not exist.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// The number is invalid, or not one of the metric.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// The experiment has no strategy of this name.
    #[error("unknown strategy `{0}`; known: {1}")]
    Name(String, String),
}
