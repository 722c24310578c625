//! Adds up the logs of client processes.

use super::end::ProcessEnd;
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::merge_error::MergeError;
use super::merged::{MergeOptions, MergedLoad};
use super::merged_seconds::MergedSeconds;
use super::process_state::ProcessState;
use std::collections::BTreeMap;

/// Adds up the logs of client processes, block by block: the blocks of one process in their order, those of several
/// processes in any. The result does not depend on the order of the processes.
#[derive(Clone, Debug, Default)]
pub struct LoadMerger {
    processes: Vec<ProcessState>,
    by_name: BTreeMap<String, ProcessIndex>,
    seconds: MergedSeconds,
}

/// A process of a [`LoadMerger`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessIndex(usize);

impl LoadMerger {
    /// Without any process.
    pub fn new() -> LoadMerger {
        LoadMerger::default()
    }

    /// Begins the log of a process. A process that has begun already goes on: its log was given twice, or cut in two.
    ///
    /// # Errors
    /// If the head is not that of the process of this name.
    pub fn begin(&mut self, head: ProcessHead) -> Result<ProcessIndex, MergeError> {
        if let Some(&index) = self.by_name.get(&head.process) {
            self.processes[index.0].begin_again(&head)?;
            return Ok(index);
        }
        let index = ProcessIndex(self.processes.len());
        self.by_name.insert(head.process.clone(), index);
        self.processes.push(ProcessState::new(head));
        Ok(index)
    }

    /// Adds an interval of a process, unless it was added before.
    ///
    /// # Errors
    /// If no process has this index.
    pub fn interval(
        &mut self,
        process: ProcessIndex,
        interval: &ProcessInterval,
    ) -> Result<(), MergeError> {
        let state = self.state(process)?;
        if state.add(interval) {
            let at = state.place(interval.start);
            self.seconds.add(at, interval);
        }
        Ok(())
    }

    /// Ends the log of a process.
    ///
    /// # Errors
    /// If no process has this index, or it has ended otherwise.
    pub fn end(&mut self, process: ProcessIndex, end: ProcessEnd) -> Result<(), MergeError> {
        self.state(process)?.end(end)
    }

    /// The load of all processes.
    ///
    /// # Errors
    /// If there is no process.
    pub fn finish(mut self, options: MergeOptions) -> Result<MergedLoad, MergeError> {
        self.processes
            .sort_by(|one, other| one.name().cmp(other.name()));
        if self.processes.is_empty() {
            return Err(MergeError::NoProcess);
        }
        Ok(MergedLoad::new(&self.processes, self.seconds, options))
    }

    fn state(&mut self, process: ProcessIndex) -> Result<&mut ProcessState, MergeError> {
        let state = self.processes.get_mut(process.0);
        state.ok_or(MergeError::UnknownProcess(process.0))
    }
}
