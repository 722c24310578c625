//! Statistics.

mod comparison_count;
pub(crate) mod median;
mod ratio_estimate;
mod sample_size;
mod trend;

pub use comparison_count::ComparisonCount;
pub use ratio_estimate::{MIN_ROUNDS, RatioEstimate, SampleError};
pub use sample_size::{effective_sample_size, required_samples};
pub use trend::Trend;
