//! Conditions for continuous integration, such as `async.p99 > 80ms`.

mod condition;
mod quantity;
#[cfg(test)]
mod tests;

pub use condition::{Comparator, Threshold, ThresholdError};
pub use quantity::{Metric, Quantity};
