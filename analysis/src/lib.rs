//! Draws conclusions from recorded runs, and writes reports. Pure functions over plain data.

pub mod bottleneck;
pub mod bound;
pub mod bound_terms;
pub mod comparison;
pub mod report;
pub mod stats;
#[cfg(test)]
mod test_records;
pub mod validity;
