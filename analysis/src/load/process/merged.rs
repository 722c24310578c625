//! The load of several client processes, added up.

use super::end::ProcessEnd;
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::merged_seconds::CompactInterval;
use crate::comparison::Environment;
use crate::load::condition::LoadCondition;
use crate::load::result::LoadResult;

/// What the result of a merge needs besides the logs.
#[derive(Clone, Debug, Default)]
pub struct MergeOptions {
    /// The name of the merged load in its log, which is that of one process.
    pub process: String,
    /// The machine that merges, which is shown if no process says its own.
    pub environment: Environment,
    /// The conditions of `--fail-if`, which the result judges.
    pub fail_if: Vec<LoadCondition>,
    /// An earlier result (`--baseline`).
    pub baseline: Option<Box<LoadResult>>,
}

/// The load of several client processes: its result, and the log of it, which is again one of a process.
#[derive(Clone, Debug)]
pub struct MergedLoad {
    /// The result of the whole.
    pub result: LoadResult,
    /// What the log of the whole begins with.
    pub head: ProcessHead,
    pub(super) intervals: Vec<CompactInterval>,
    /// What the log of the whole ends with.
    pub end: ProcessEnd,
}

impl MergedLoad {
    /// The intervals of the log of the whole, in the order of time: a second each, the last one may be shorter.
    pub fn intervals(&self) -> impl Iterator<Item = ProcessInterval> + '_ {
        self.intervals.iter().map(CompactInterval::to_interval)
    }
}
