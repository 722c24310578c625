//! What a comparison of measured runs comes to: pure functions over plain data. Nothing here waits,
//! sends, reads a clock or draws from anything but a seed, so every conclusion can be drawn again from
//! the figures that a result file holds.
//!
//! In reading order:
//!
//! - [`interval`]: how much faster one strategy is than another, and how sure that is;
//! - [`fates`]: whether they met the same fates;
//! - [`work`]: whether they did the same work; [`samples`]: how many latencies tell something new;
//! - [`ledgers`]: whether client and server tell the same story;
//! - [`terms`]: the least wall time that was possible, and what it is made of;
//! - [`binding`]: what holds a run back, and what would help;
//! - [`curve`]: how many lanes are worth having, as measured;
//! - [`trend`]: whether rounds drift; [`verdict`]: whether the figures can be believed;
//! - [`threshold`]: figures that must not be crossed;
//! - [`waterfall`]: a run as a picture for a terminal.

pub mod binding;
#[cfg(test)]
mod coverage;
pub mod curve;
pub mod fates;
pub mod interval;
pub mod ledgers;
pub mod samples;
#[cfg(test)]
mod scenario;
pub mod terms;
pub mod threshold;
pub mod trend;
pub mod verdict;
pub mod waterfall;
pub mod work;
