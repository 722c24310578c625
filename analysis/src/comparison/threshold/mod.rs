//! Conditions for continuous integration, such as `async.p99 > 80ms`.

mod condition;
mod metric;
mod quantity;
#[cfg(test)]
mod tests;

pub use condition::{Comparator, Threshold, ThresholdError};
pub use metric::Metric;
pub use quantity::{Quantity, QuantityError};
