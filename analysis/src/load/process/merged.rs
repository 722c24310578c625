//! The load of several client processes, added up.

use super::end::ProcessEnd;
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::merged_seconds::{MergedSeconds, add_known};
use super::process_state::ProcessState;
use crate::comparison::Environment;
use crate::load::condition::LoadCondition;
use crate::load::observed::ObservedLoad;
use crate::load::process_figures::ProcessFigures;
use crate::load::result::LoadResult;
use crate::load::second::LoadSecond;
use std::time::Duration;

/// What the result of a merge needs besides the logs.
#[derive(Clone, Debug, Default)]
pub struct MergeOptions {
    /// The name of the merged load as a process of its own, for its log.
    pub process: String,
    /// The machine that merges; its values are shown only where processes do not say theirs.
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
    intervals: Vec<ProcessInterval>,
    /// What the log of the whole ends with.
    pub end: ProcessEnd,
}

impl MergedLoad {
    /// The load of these processes, of which there is at least one, in the order of their names.
    pub(super) fn new(
        processes: &[ProcessState],
        seconds: MergedSeconds,
        options: MergeOptions,
    ) -> MergedLoad {
        let first = processes.iter().map(|one| one.place(Duration::ZERO)).min();
        let first = first.unwrap_or_default();
        let intervals = seconds.finish(first);
        let after_first = |process: &ProcessState, time: Duration| {
            Duration::from_secs(process.place(Duration::ZERO).seconds_after(first)) + time
        };
        let longest = |time: fn(&ProcessState) -> Duration| {
            let times = processes.iter();
            let times = times.map(|one| after_first(one, time(one)));
            times.max().unwrap_or_default()
        };
        let mut observed = ObservedLoad {
            window: longest(ProcessState::window),
            elapsed: longest(ProcessState::elapsed),
            fail_if: options.fail_if,
            baseline: options.baseline,
            ..observed(&processes[0].head)
        };
        for interval in &intervals {
            add_interval(&mut observed, interval);
        }
        let ends = processes.iter().filter_map(|one| one.end.as_ref());
        for end in ends {
            observed.warm_up += &end.warm_up;
            observed.unstarted += end.unstarted;
            observed.loops.extend_from_slice(&end.loops);
        }
        let figures: Vec<ProcessFigures> = processes.iter().map(ProcessState::figures).collect();
        let mut result = LoadResult::from(&observed);
        result.processes.clone_from(&figures);
        MergedLoad {
            head: ProcessHead {
                process: options.process,
                shard: None,
                clock_offset_us: None,
                ..processes[0].head.clone()
            },
            end: ProcessEnd {
                intervals: intervals.len() as u64,
                window: observed.window,
                elapsed: observed.elapsed,
                warm_up: observed.warm_up,
                unstarted: observed.unstarted,
                processes: figures,
                ..ProcessEnd::default()
            },
            result,
            intervals,
        }
    }

    /// The intervals of the log of the whole, in the order of time: a second each, the last one may be shorter.
    pub fn intervals(&self) -> impl Iterator<Item = ProcessInterval> + '_ {
        self.intervals.iter().cloned()
    }
}

/// What the head of a process says.
fn observed(head: &ProcessHead) -> ObservedLoad {
    ObservedLoad {
        environment: head.environment.clone(),
        targets: head.targets.clone(),
        settings: head.settings.clone(),
        asked: head.asked.clone(),
        ..ObservedLoad::default()
    }
}

fn add_interval(observed: &mut ObservedLoad, interval: &ProcessInterval) {
    let mut second = LoadSecond::new(
        interval.start,
        interval.length,
        Duration::ZERO,
        &interval.stats,
    );
    second.due = interval.due;
    second.in_flight = interval.in_flight;
    second.queued = interval.queued;
    observed.seconds.push(second);
    observed.stats += &interval.stats;
    observed.in_window += interval.in_window;
    observed.scheduled = add_known(observed.scheduled, interval.due);
}
