//! Adds up the logs of client processes.

use super::compact_stats::CompactStats;
use super::end::ProcessEnd;
use super::experiment::Experiment;
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::merge_error::MergeError;
use super::merged::{MergeOptions, MergedLoad};
use super::merged_seconds::MergedSeconds;
use super::process_state::ProcessState;
use super::whole::Whole;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Adds up the logs of client processes, block by block: the blocks of one process in their order, those of several
/// processes in any. The result does not depend on the order of the processes.
#[derive(Clone, Debug, Default)]
pub struct LoadMerger {
    processes: Vec<ProcessState>,
    by_name: BTreeMap<String, ProcessIndex>,
    experiments: Vec<Arc<Experiment>>,
    seconds: MergedSeconds,
    warm_up: CompactStats,
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
    pub fn begin(&mut self, mut head: ProcessHead) -> Result<ProcessIndex, MergeError> {
        let experiment = Experiment::take(&mut head);
        if let Some(&index) = self.by_name.get(&head.process) {
            self.processes[index.0].begin_again(&head, &experiment)?;
            return Ok(index);
        }
        let index = ProcessIndex(self.processes.len());
        self.by_name.insert(head.process.clone(), index);
        let experiment = self.shared(experiment);
        self.processes.push(ProcessState::new(head, experiment));
        Ok(index)
    }

    /// The experiment, once for all processes that are asked for the same.
    fn shared(&mut self, experiment: Experiment) -> Arc<Experiment> {
        let mut known = self.experiments.iter();
        if let Some(same) = known.find(|known| ***known == experiment) {
            return same.clone();
        }
        let experiment = Arc::new(experiment);
        self.experiments.push(experiment.clone());
        experiment
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
        if let Some(warm_up) = self.state(process)?.end(end)? {
            self.warm_up.add(&warm_up);
        }
        Ok(())
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
        let whole = Whole {
            processes: self.processes,
            seconds: self.seconds,
            warm_up: self.warm_up.to_stats(),
        };
        Ok(whole.merged(options))
    }

    fn state(&mut self, process: ProcessIndex) -> Result<&mut ProcessState, MergeError> {
        let state = self.processes.get_mut(process.0);
        state.ok_or(MergeError::UnknownProcess(process.0))
    }
}
