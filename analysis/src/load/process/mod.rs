//! The load of several client processes as one: what the log of each process says, and how it is added up.
//!
//! A [`LoadMerger`] takes heads, intervals and ends of processes in any order of processes, and gives a [`MergedLoad`]: the
//! result of the whole, and the log of it.

mod compact_latencies;
mod compact_stats;
mod end;
mod experiment;
mod head;
mod interval;
mod ledgers;
mod merge_error;
mod merged;
mod merged_seconds;
mod merger;
mod own_figures;
mod process_series;
mod process_state;
mod seq_set;
mod wall_quarter;
mod whole;
mod whole_end;

pub use crate::load::process_figures::ProcessFigures;
pub use end::ProcessEnd;
pub use head::ProcessHead;
pub use interval::ProcessInterval;
pub use merge_error::MergeError;
pub use merged::{MergeOptions, MergedLoad};
pub use merger::{LoadMerger, ProcessIndex};
