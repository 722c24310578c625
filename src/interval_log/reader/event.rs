//! What a log says.

use flagpole_analysis::load::process::{ProcessEnd, ProcessHead, ProcessInterval};
use flagpole_protocol::LatencyStats;
use std::time::Duration;

/// What a log says, in the order of its lines.
#[derive(Debug, PartialEq)]
pub(crate) enum LogEvent {
    /// A process begins.
    Process(Box<ProcessHead>),
    /// A whole interval of a process whose head has come.
    Interval(Box<LoggedInterval>),
    /// The end of a process whose head has come.
    End {
        process: String,
        end: Box<ProcessEnd>,
    },
    /// A histogram of another program.
    Foreign(ForeignHistogram),
    /// The lines from this number on belong to an interval that is not whole, and are left out.
    CutOff { line: u64 },
}

/// An interval of a process.
#[derive(Debug, PartialEq)]
pub(crate) struct LoggedInterval {
    pub(crate) process: String,
    pub(crate) interval: ProcessInterval,
}

/// A histogram of another program, whose values are read as microseconds.
#[derive(Debug, PartialEq)]
pub(crate) struct ForeignHistogram {
    /// Empty without a tag.
    pub(crate) tag: String,
    /// Since the Unix epoch if the log says when it began, else from its begin.
    pub(crate) start: Duration,
    pub(crate) length: Duration,
    /// Without exact figures: the extremes and the sum are those of the buckets.
    pub(crate) times: LatencyStats,
}
