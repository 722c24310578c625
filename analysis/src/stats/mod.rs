//! Statistics.

pub(crate) mod median;
pub mod ratio_estimate;
pub mod sample_size;
pub mod trend;

mod log_sample;

pub use log_sample::SampleError;
