//! The thread of a run: starts a thread for each class, makes a block of the log each second, and ends the log when all classes
//! have ended.

use super::class_plan::ClassPlan;
use super::class_runs::{ClassRuns, RunningClass};
use super::endpoints::{self, Reports};
use super::intervals::Intervals;
use super::local_log::LocalLog;
use crate::experiment::runner::environment;
use crate::interval_log::{LogBlocks, Timestamps};
use crate::load::iterations::load_iterations;
use crate::load::machine::MachineProbe;
use crate::load::run::add_in_flight;
use crate::output;
use crate::worker::user_load::RunSettings;
use anyhow::{Context as _, Result, anyhow};
use flagpole_analysis::load::process::{ProcessEnd, ProcessHead};
use flagpole_analysis::load::{AskedLoad, LoadIterations, LoadModel, StopReason};
use flagpole_client::load::LoadRunEnd;
use flagpole_protocol::as_micros;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// The number of the first loop of a class is its index times this: more than there are processors.
const LOOPS: usize = 1 << 16;

/// The threads of all classes start within this time, so that the classes start together.
const START_UP: Duration = Duration::from_millis(50);

/// The time between two looks whether the run has started.
const START_POLL: Duration = Duration::from_millis(2);

/// Carries out a run until it is stopped.
pub(super) struct Supervisor {
    pub(super) run: Arc<ClassRuns>,
    pub(super) settings: RunSettings,
    pub(super) local_log: Option<LocalLog>,
}

impl Supervisor {
    /// Starts the thread.
    pub(super) fn start(self) -> Result<()> {
        let thread = thread::Builder::new().name("load".to_owned());
        let thread = thread.spawn(move || self.carry_out());
        thread.map(drop).context("cannot start a thread")
    }

    fn carry_out(mut self) {
        let run = self.run.clone();
        let addresses = run
            .classes
            .iter()
            .flat_map(|class| class.plan.targets.addresses());
        let probe = MachineProbe::start(&addresses.collect::<Vec<_>>());
        let start = Instant::now() + START_UP;
        let (mut intervals, ends) = thread::scope(|scope| {
            let (running, is_over) = mpsc::channel::<()>();
            let threads: Vec<_> = (run.classes.iter().enumerate())
                .map(|(index, class)| {
                    let (run, running) = (&run, running.clone());
                    let thread = thread::Builder::new().name(format!("class-{index}"));
                    thread.spawn_scoped(scope, move || {
                        let end = carry_out_class(run, index, class, start);
                        drop(running);
                        end
                    })
                })
                .collect();
            drop(running);
            let intervals = self.watch(&is_over);
            let ends = threads.into_iter().map(|thread| {
                let thread = thread.context("cannot start a thread")?;
                thread
                    .join()
                    .map_err(|_| anyhow!("a thread of the load has ended by a panic"))?
            });
            (intervals, ends.collect::<Vec<_>>())
        });
        let ends: Vec<_> = ends.into_iter().map(|end| self.noted(end)).collect();
        let (endpoints, text) = intervals.rest();
        self.add(endpoints, &text);
        let text = intervals.end(self.end(&ends, probe));
        self.add(Reports::new(), &text);
        if let Some(Err(error)) = self.local_log.take().map(LocalLog::finish) {
            output::note(&format!("flagpole: {error:#}"));
        }
        run.end();
    }

    /// Makes a block after each second, until all classes have ended.
    fn watch(&mut self, is_over: &Receiver<()>) -> Intervals {
        let goes_on = |wait| is_over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
        while self.run.elapsed().is_zero() && goes_on(START_POLL) {}
        let started = endpoints::start_unix(self.run.elapsed());
        let (blocks, head) = LogBlocks::new(&self.head(started), Timestamps::Absolute);
        self.add(Reports::new(), &head);
        let mut intervals = Intervals::new(self.run.clone(), blocks);
        while goes_on(intervals.until_next()) {
            let (endpoints, text) = intervals.complete();
            self.add(endpoints, &text);
        }
        intervals
    }

    fn add(&mut self, endpoints: Reports, text: &str) {
        if let Some(log) = &mut self.local_log {
            log.append(text);
        }
        self.run.add_unreported(endpoints, text);
    }

    /// What a class has done, or nothing if it failed.
    fn noted(&self, end: Result<LoadRunEnd>) -> LoadRunEnd {
        end.unwrap_or_else(|error| {
            output::note(&format!("flagpole: {error:#}"));
            self.run.fail(format!("{error:#}"));
            LoadRunEnd::default()
        })
    }

    fn head(&self, started: Duration) -> ProcessHead {
        let (run, settings) = (&self.run, &self.settings);
        let plans = || run.classes.iter().map(|class| &class.plan);
        let targets: BTreeSet<_> = plans().flat_map(|plan| plan.targets.names()).collect();
        ProcessHead {
            process: settings.process.clone(),
            run: Some(settings.run.clone()),
            user_classes: plans().map(|plan| plan.name.clone()).collect(),
            asked: AskedLoad {
                model: LoadModel::Users {
                    classes: plans().map(ClassPlan::asked).collect(),
                },
                grace_us: as_micros(settings.stop_timeout),
                ..AskedLoad::default()
            },
            targets: targets.into_iter().collect(),
            settings: plans().flat_map(ClassPlan::settings).collect(),
            environment: environment::environment(None),
            started_unix_us: as_micros(started),
            clock_offset_us: settings.clock_offset_us,
            ..ProcessHead::default()
        }
    }

    fn end(&self, ends: &[LoadRunEnd], probe: MachineProbe) -> ProcessEnd {
        let run = &self.run;
        let mut collected = run.collector.finish().0;
        let elapsed = ends.iter().map(|end| end.elapsed).max().unwrap_or_default();
        let mut loops = collected.loops.as_mut_slice();
        for (class, end) in run.classes.iter().zip(ends) {
            let count = class.loops.load(Ordering::Relaxed).min(loops.len());
            let (of_class, others) = loops.split_at_mut(count);
            add_in_flight(end, of_class);
            loops = others;
        }
        let mut iterations: Option<LoadIterations> = None;
        for of_class in ends.iter().filter_map(|end| end.iterations.as_ref()) {
            let mut of_class = load_iterations(of_class);
            let all = iterations.get_or_insert_default();
            all.completed += of_class.completed;
            all.failed += of_class.failed;
            all.unfinished += of_class.unfinished;
            all.steps.append(&mut of_class.steps);
        }
        let usage = probe.finish(&collected.loops, None);
        let window = run.collector.window_end().unwrap_or(elapsed);
        ProcessEnd {
            window,
            elapsed: elapsed.max(window),
            unstarted: ends.iter().map(|end| end.unsent).sum(),
            iterations,
            loops: collected.loops,
            lost: usage.lost,
            resource_usage: usage.resource_usage,
            is_server_local: usage.is_server_local,
            server_cpu: usage.server_cpu,
            stop: StopReason::Completed,
            clock_offset_us: self.settings.clock_offset_us,
            ..ProcessEnd::default()
        }
    }
}

fn carry_out_class(
    run: &ClassRuns,
    index: usize,
    class: &RunningClass,
    start: Instant,
) -> Result<LoadRunEnd> {
    let endpoints = class.plan.endpoints();
    let sink = |number| {
        class.loops.fetch_add(1, Ordering::Relaxed);
        let next = run.collector.sink(index * LOOPS + number);
        run.endpoints.sink(endpoints.clone(), next)
    };
    let end = class.plan.carry_out(start, &class.control, &sink);
    end.with_context(|| format!("class `{}`", class.plan.name))
}
