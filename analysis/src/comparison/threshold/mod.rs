//! Conditions for continuous integration, such as `async.p99 > 80ms`.

mod comparator;
mod crossed;
mod error;
mod metric;
mod parse;
mod quantity;
#[cfg(test)]
mod tests;

pub use comparator::Comparator;
pub use crossed::{CrossedThreshold, MissingMetric};
pub use error::ThresholdError;
pub use metric::{Metric, UnknownMetric};
pub use parse::Threshold;
pub use quantity::{Quantity, QuantityError};
