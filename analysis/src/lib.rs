//! Draws conclusions from recorded runs and writes reports: pure functions over plain data.

pub mod stats;

pub mod bound;

pub mod bottleneck;

pub mod validity;

pub mod comparison;

pub mod report;

mod human;
#[cfg(test)]
mod test_runs;

pub use human::HumanDuration;
