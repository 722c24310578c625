//! Statistics.

mod comparison_count;
pub(crate) mod mean;
pub(crate) mod median;
mod overlap;
mod quantile_interval;
mod ratio_estimate;
mod sample_size;
mod trend;

pub use comparison_count::ComparisonCount;
pub(crate) use overlap::max_overlap;
pub use quantile_interval::QuantileInterval;
pub use ratio_estimate::{MIN_ROUNDS, RatioEstimate, SampleError};
pub use sample_size::{effective_sample_size, required_samples};
pub use trend::Trend;
