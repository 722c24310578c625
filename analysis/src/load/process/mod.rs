//! The load of several client processes as one: what the log of each process says, and how it is added up.
//!
//! A [`LoadMerger`] takes heads, intervals and ends of processes in any order of processes, and gives a [`MergedLoad`]: the
//! result of the whole, and the log of it.

mod end;
mod head;
mod interval;
mod merge_error;
mod merged;
mod merged_seconds;
mod merger;
mod process_state;
mod seq_set;
mod wall_quarter;

pub use crate::load::process_figures::ProcessFigures;
pub use end::ProcessEnd;
pub use head::ProcessHead;
pub use interval::ProcessInterval;
pub use merge_error::MergeError;
pub use merged::{MergeOptions, MergedLoad};
pub use merger::{LoadMerger, ProcessIndex};
