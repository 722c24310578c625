//! Statistics.

#[cfg(test)]
mod coverage;
pub mod interval;
pub mod sample_size;
pub mod trend;
