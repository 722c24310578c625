//! From the trials of a cell to its results and its verdict. A cell is one combination of conditions, a trial one run
//! of one strategy in one round.

mod evaluate;
mod fates;
mod measured_cell;
mod ratios;
mod verdict_evidence;

pub use measured_cell::{MeasuredCell, MeasuredStrategy};
