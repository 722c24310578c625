//! From processes to the whole: its observation, its result and its log.

use super::end::ProcessEnd;
use super::experiment::{self, Experiment};
use super::head::ProcessHead;
use super::interval::ProcessInterval;
use super::ledgers;
use super::merged::{MergeOptions, MergedLoad};
use super::merged_seconds::{CompactInterval, MergedSeconds, add_known, total};
use super::process_state::ProcessState;
use super::wall_quarter::WallQuarter;
use super::whole_end::add_end;
use crate::comparison::Environment;
use crate::load::merge_facts::MergeFacts;
use crate::load::observed::ObservedLoad;
use crate::load::result::LoadResult;
use crate::load::second::LoadSecond;
use flagpole_protocol::LoadStats;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// All that was added up.
pub(super) struct Whole {
    /// At least one, in the order of their names.
    pub(super) processes: Vec<ProcessState>,
    pub(super) seconds: MergedSeconds,
    pub(super) warm_up: LoadStats,
}

impl Whole {
    pub(super) fn merged(self, options: MergeOptions) -> MergedLoad {
        let Whole {
            processes,
            seconds,
            warm_up,
        } = self;
        let first = processes.iter().map(|one| one.place(Duration::ZERO)).min();
        let first = first.unwrap_or_default();
        let intervals = seconds.finish(first);
        let facts = facts(&processes, first);
        let mut observed = ObservedLoad {
            warm_up,
            fail_if: options.fail_if,
            baseline: options.baseline,
            ..observed(&processes, first, &options.environment)
        };
        add_intervals(&mut observed, &intervals);
        observed.server = ledgers::of_whole(&processes, &observed);
        let result = LoadResult::merged(&observed, facts);
        let head = head(&processes, &observed, options.process);
        let end = ProcessEnd {
            intervals: intervals.len() as u64,
            window: observed.window,
            elapsed: observed.elapsed,
            warm_up: observed.warm_up,
            unstarted: observed.unstarted,
            iterations: observed.iterations,
            loops: observed.loops,
            lost: observed.lost,
            resource_usage: observed.resource_usage,
            is_server_local: observed.is_server_local,
            server_cpu: observed.server_cpu,
            server: observed.server,
            stop: observed.stop,
            clock_offset_us: None,
            processes: result.processes.clone(),
        };
        MergedLoad {
            result,
            head,
            intervals,
            end,
        }
    }
}

/// What heads and ends say; `merging` is the machine that merges.
fn observed(processes: &[ProcessState], first: WallQuarter, merging: &Environment) -> ObservedLoad {
    let start = |one: &ProcessState| Duration::from_secs(one.starts_at_s(first));
    let ends = processes.iter().map(|one| start(one) + one.elapsed());
    let windows = processes.iter();
    let windows = if processes.iter().all(ProcessState::is_part) {
        // Shards make the load of one window. That they start a little apart takes nothing from its rate.
        windows.map(ProcessState::window).max()
    } else {
        windows.map(|one| start(one) + one.window()).max()
    };
    let of_first = &processes[0];
    let mut environments = processes.iter().map(|one| &one.head.environment);
    let environment = environments.find(|one| **one != Environment::default());
    let mut observed = ObservedLoad {
        environment: environment.unwrap_or(merging).clone(),
        targets: targets(processes),
        settings: of_first.experiment.settings.clone(),
        asked: experiment::together(
            processes.iter().map(|one| &*one.experiment),
            processes.iter().all(ProcessState::is_part),
        ),
        window: windows.unwrap_or_default(),
        elapsed: ends.max().unwrap_or_default(),
        ..ObservedLoad::default()
    };
    let started = processes
        .iter()
        .map(|one| one.head.environment.started_unix_s);
    let started = started.filter(|started| *started > 0).min();
    observed.environment.started_unix_s = started.unwrap_or(observed.environment.started_unix_s);
    for process in processes {
        if let Some(end) = &process.end {
            add_end(&mut observed, process.name(), end);
        }
    }
    observed
}

/// The targets of all processes, each once.
fn targets(processes: &[ProcessState]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut last: Option<&Arc<Experiment>> = None;
    let mut targets = Vec::new();
    for process in processes {
        let experiment = &process.experiment;
        // Nearly always all have the same, which may be long.
        if !last.is_some_and(|last| Arc::ptr_eq(last, experiment)) {
            let new = experiment.targets.iter().filter(|one| known.insert(*one));
            targets.extend(new.cloned());
        }
        last = Some(experiment);
    }
    targets
}

fn add_intervals(observed: &mut ObservedLoad, intervals: &[CompactInterval]) {
    observed.stats = total(intervals);
    for interval in intervals.iter().map(CompactInterval::to_interval) {
        observed.seconds.push(second(&interval));
        observed.in_window += interval.in_window;
        observed.scheduled = add_known(observed.scheduled, interval.due);
    }
}

fn second(interval: &ProcessInterval) -> LoadSecond {
    let (start, length) = (interval.start, interval.length);
    LoadSecond {
        due: interval.due,
        in_flight: interval.in_flight,
        queued: interval.queued,
        ..LoadSecond::new(start, length, Duration::ZERO, &interval.stats)
    }
}

fn facts(processes: &[ProcessState], first: WallQuarter) -> MergeFacts {
    let has_own_servers = processes
        .iter()
        .all(|one| one.end.as_ref().is_some_and(|end| end.server.is_some()));
    let are_parts = processes.iter().all(ProcessState::is_part);
    // What other programs were asked for is not known.
    let mut known = processes
        .iter()
        .filter(|one| one.experiment.asked.model.is_known());
    let of_first = known.next().unwrap_or(&processes[0]);
    let difference = known.find_map(|other| {
        let is_same = Arc::ptr_eq(&of_first.experiment, &other.experiment);
        let experiment = (!is_same).then_some(&*other.experiment)?;
        let difference = of_first
            .experiment
            .difference(experiment, has_own_servers, are_parts)?;
        Some(format!(
            "{difference} (processes {} and {})",
            of_first.name(),
            other.name()
        ))
    });
    MergeFacts {
        processes: processes
            .iter()
            .flat_map(|one| one.figures(first))
            .collect(),
        difference,
        has_unchecked_ledger: ledgers::are_incomplete(processes),
        notes: notes(processes),
    }
}

fn notes(processes: &[ProcessState]) -> Vec<String> {
    let machine = |one: &ProcessState| {
        let environment = &one.head.environment;
        let (system, processor) = (environment.system.clone(), environment.processor.clone());
        (system, processor, environment.cores)
    };
    // Logs of other programs do not say where they ran.
    let known = processes
        .iter()
        .filter(|one| one.head.environment != Environment::default());
    let machines: BTreeSet<_> = known.clone().map(machine).collect();
    let versions = known.map(|one| &one.head.environment.flagpole[..]);
    let versions: BTreeSet<_> = versions.collect();
    let machines = (machines.len() > 1).then(|| {
        let count = machines.len();
        format!(
            "the processes ran on {count} kinds of machines; the one shown is that of the first"
        )
    });
    let versions = (versions.len() > 1).then(|| {
        let versions: Vec<_> = versions.into_iter().collect();
        format!(
            "the processes are of versions {}",
            crate::human::list(&versions)
        )
    });
    machines.into_iter().chain(versions).collect()
}

/// The head of the log of the whole. It is that of the load that was asked for as a whole.
fn head(processes: &[ProcessState], observed: &ObservedLoad, process: String) -> ProcessHead {
    let corrected = |one: &ProcessState| {
        let offset = one.head.clock_offset_us.unwrap_or(0);
        one.head
            .started_unix_us
            .saturating_add_signed(offset.saturating_neg())
    };
    let classes = processes.iter().flat_map(|one| &one.head.user_classes);
    let classes: BTreeSet<_> = classes.cloned().collect();
    ProcessHead {
        process,
        run: processes[0].experiment.run.clone(),
        user_classes: classes.into_iter().collect(),
        asked: observed.asked.clone(),
        targets: observed.targets.clone(),
        settings: observed.settings.clone(),
        environment: observed.environment.clone(),
        started_unix_us: processes.iter().map(corrected).min().unwrap_or(0),
        ..ProcessHead::default()
    }
}
