//! Interval logs: HdrHistogram logs (version 1.3, V2, compressed) that standard tools read, with comments from which the
//! statistics of a run can be rebuilt exactly. docs/interval-logs.md describes the format.
//!
//! `blocks` makes the text of a process, `log_file` writes it into the file of `load --hlog`. `reader` reads a log line by line.
//! `stats_record` takes statistics apart into histograms with tags (`tags`) and counters, and puts them together again;
//! `histogram_text` and `comment` are the two kinds of lines. `merge_files` adds logs up, also those of other programs
//! (`foreign_intervals`); `log_sources` sees that no process counts twice.

mod blocks;
mod comment;
mod foreign_intervals;
mod histogram_text;
mod log_file;
mod log_sources;
mod merge_files;
mod reader;
mod stats_record;
mod tags;

pub(crate) use blocks::EndpointTimes;
pub(crate) use blocks::{LogBlocks, Timestamps};
pub(crate) use log_file::IntervalLog;
pub(crate) use merge_files::merge_files;
#[cfg(test)]
pub(crate) use reader::{LogEvent, LogReader};
