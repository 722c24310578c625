//! Carries out a run: the engine in this thread, the monitor beside it.

use super::collector::{Collected, Collector};
use super::current_run::CurrentRun;
use super::display::{Display, DisplayKind};
use super::due_counter::DueCounter;
use super::hlog::{self, HlogTarget};
use super::iterations::load_iterations;
use super::live_view::KeyCommand;
use super::live_view::snapshot::{LiveSnapshot, RunLength};
use super::machine::MachineProbe;
use super::metrics::MetricsServer;
use super::monitor::{Monitor, SILENCE_LIMIT, Series};
use super::plan::{LoadPlan, PlanModel};
use super::record_stream::RecordStream;
use super::run_control::RunControl;
use super::seconds::Seconds;
use super::targets::Targets;
use crate::experiment::output_target::OutputStream;
use crate::experiment::runner::environment;
use crate::interval_log::IntervalLog;
use crate::output;
use crate::process::server_process::ServerProcess;
use anyhow::{Context as _, Result};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_analysis::load::{LoadCondition, LoadFigures, LoopUsage, ObservedLoad};
use flagpole_client::Share;
use flagpole_client::load::{LoadControl, LoadRun, LoadRunEnd};
use flagpole_server::RunPage;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Where a run is written to and shown while it goes on.
#[derive(Default)]
pub(crate) struct RunOutputs<'a> {
    pub(crate) records: Option<OutputStream>,
    pub(crate) log: Option<HlogTarget>,
    pub(crate) metrics: Option<&'a MetricsServer>,
    pub(crate) live: Option<&'a RunPage>,
    pub(crate) display: DisplayKind,
    /// When the run starts; by default at once.
    pub(crate) start: Option<Instant>,
}

/// What ends a run early.
#[derive(Clone, Copy, Default)]
pub(crate) struct EndConditions<'a> {
    pub(crate) abort_if: &'a [LoadCondition],
    pub(crate) baseline: Option<&'a LoadFigures>,
}

/// A run that has ended, and whether its files were written.
pub(crate) struct MeasuredLoad {
    pub(crate) observed: ObservedLoad,
    pub(crate) records: Result<()>,
    pub(crate) log: Result<()>,
}

/// Carries out a run. Signals end it through `current`.
pub(crate) fn run(
    plan: &LoadPlan,
    targets: &Targets,
    mut server: Option<&mut ServerProcess>,
    conditions: EndConditions<'_>,
    outputs: RunOutputs<'_>,
    current: &CurrentRun,
) -> Result<MeasuredLoad> {
    let records = outputs.records.map(RecordStream::start).transpose();
    let records = records.context("cannot start a thread")?;
    let collector = Arc::new(Collector::new(plan.warm_up, plan.duration, records));
    let engine = LoadControl::new();
    let control = RunControl::new(engine.clone(), collector.clone());
    let environment = environment::environment(None);
    current.begin(control.clone());
    let probe = MachineProbe::start(&targets.addresses());
    let has_start = outputs.start.is_some();
    let start = outputs.start.unwrap_or_else(Instant::now);
    let until_start = start.saturating_duration_since(Instant::now());
    let started = SystemTime::now() + until_start + plan.warm_up;
    let mut log = outputs.log.map(|target| {
        let head = hlog::head(&target, plan, targets, &environment, started);
        IntervalLog::new(target.stream, &head)
    });
    let snapshot = snapshot(plan, targets);
    let display = Display::start(
        outputs.display,
        outputs.live,
        &snapshot,
        on_command(&control, current),
    )?;
    let mut server_exit = || server.as_deref_mut().and_then(ServerProcess::exit_message);
    let monitor = Monitor {
        collector: collector.clone(),
        control: control.clone(),
        warm_up: plan.warm_up,
        end: plan.duration,
        // Arrivals of a scenario are iterations, which have several requests each.
        due: due_counter(plan, plan.share).filter(|_| targets.scenario.is_none()),
        // The schedule of all shards ends at the same time.
        ahead: due_counter(plan, Share::WHOLE).filter(|_| plan.requests.is_some()),
        abort_if: conditions.abort_if,
        baseline: conditions.baseline,
        log: log.as_mut(),
        metrics: outputs.metrics,
        display,
        snapshot,
        silence_limit: plan.is_unlimited().then_some(SILENCE_LIMIT),
        is_server_gone: &mut server_exit,
        series: Series::default(),
        seconds: Seconds::new(collector.clone(), plan.warm_up),
    };
    let (end, series) = thread::scope(|scope| {
        let (running, is_over) = mpsc::channel();
        let monitor = thread::Builder::new()
            .name("monitor".to_owned())
            .spawn_scoped(scope, move || monitor.watch(&is_over))
            .context("cannot start a thread")?;
        // A signal while it waited for its start: no request is made, not even those that are due at once.
        let end = if has_start && current.is_interrupted() {
            Ok(LoadRunEnd::default())
        } else {
            carry_out(plan, targets, (&engine, start), &collector)
        };
        drop(running);
        let series = monitor.join().expect("the monitor does not panic");
        anyhow::Ok((end?, series))
    })?;
    let (collected, records) = collector.finish();
    let ledger = server.and_then(ledger);
    let usage = probe.finish(&collected.loops, ledger.as_ref());
    let mut observed = observe(
        plan,
        targets,
        &control,
        (&end, collector.window_end()),
        series,
        collected,
    );
    observed.environment = environment;
    observed.lost = usage.lost;
    observed.resource_usage = usage.resource_usage;
    observed.is_server_local = usage.is_server_local;
    observed.server_cpu = usage.server_cpu;
    observed.server = ledger;
    let log = log.map_or(Ok(()), |log| log.finish(hlog::end(&observed)));
    Ok(MeasuredLoad {
        observed,
        records,
        log,
    })
}

/// The ledger of the run; `None` if the server has exited or does not answer, so that the records cannot be held against it.
fn ledger(server: &mut ServerProcess) -> Option<ServerSummary> {
    if server.exit_message().is_some() {
        return None;
    }
    let ledger = server.drain_and_reset();
    let noted =
        ledger.inspect_err(|error| output::note(&format!("flagpole: no ledger: {error:#}")));
    noted.ok()
}

/// Counts the arrivals of a share in the open model.
fn due_counter(plan: &LoadPlan, share: Share) -> Option<DueCounter> {
    let limit = plan.requests.unwrap_or(u64::MAX);
    let arrivals = plan.arrivals(share)?;
    Some(DueCounter::new(arrivals, limit))
}

/// What keys do.
fn on_command(control: &RunControl, current: &CurrentRun) -> impl Fn(KeyCommand) + Send + 'static {
    let (control, current) = (control.clone(), current.clone());
    move |command| match command {
        KeyCommand::TogglePause => control.toggle_pause(),
        KeyCommand::Quit if current.is_interrupted() => current.cancel(),
        KeyCommand::Quit => current.interrupt(),
    }
}

fn carry_out(
    plan: &LoadPlan,
    targets: &Targets,
    (control, start): (&LoadControl, Instant),
    collector: &Collector,
) -> Result<LoadRunEnd> {
    let source = plan.source(targets.weights(), targets.scenario.clone());
    let mut run = LoadRun::new(targets.targets(), &targets.endpoints, &source)
        .start_at(start)
        .share(plan.share)
        .connections(plan.connections)
        .policy(plan.policy.clone())
        .transport(plan.transport)
        .body_limit(plan.max_body)
        .grace(plan.grace)
        .captures(targets.scenario.is_some())
        .control(control);
    if let Some(duration) = plan.duration {
        run = run.duration(duration);
    }
    Ok(run.run(&|number| collector.sink(number))?)
}

fn snapshot(plan: &LoadPlan, targets: &Targets) -> LiveSnapshot {
    let length = match (plan.requests, plan.duration) {
        (Some(count), None) => RunLength::Requests(plan.asked.part_of(count)),
        (_, Some(duration)) => RunLength::Duration(duration.saturating_sub(plan.warm_up)),
        (None, None) => RunLength::Unlimited,
    };
    let asked_rate = match &plan.model {
        PlanModel::Open { stages, .. } if stages.len() == 1 => Some(plan.rate_part(stages[0].to)),
        _ => None,
    };
    LiveSnapshot {
        title: targets.title(),
        model: plan.describe(),
        length,
        asked_rate,
        ..LiveSnapshot::default()
    }
}

fn observe(
    plan: &LoadPlan,
    targets: &Targets,
    control: &RunControl,
    (end, window_end): (&LoadRunEnd, Option<Duration>),
    series: Series,
    collected: Collected,
) -> ObservedLoad {
    let ends_by_number = plan.requests.is_some() && !plan.is_open();
    // A schedule may have no request shortly before its end, which belongs to the window all the same: 1 request of
    // `--rate 0.5/s -z 2s` is not 1 in the millisecond that it took.
    let window_end = match window_end {
        Some(scheduled) if ends_by_number => scheduled.min(end.elapsed),
        Some(scheduled) => scheduled,
        None => end.elapsed,
    };
    let elapsed = end.elapsed.max(window_end).saturating_sub(plan.warm_up);
    let window = control.without_pauses(window_end);
    let window = window.saturating_sub(plan.warm_up);
    let mut loops = collected.loops;
    add_in_flight(end, &mut loops);
    ObservedLoad {
        targets: targets.names(),
        settings: Vec::new(),
        asked: plan.asked.clone(),
        window,
        elapsed,
        stats: series.total,
        in_window: series.in_window,
        warm_up: collected.warm_up,
        seconds: series.seconds,
        scheduled: (plan.is_open() && targets.scenario.is_none()).then_some(series.due),
        unstarted: end.unsent,
        iterations: end.iterations.as_ref().map(load_iterations),
        loops,
        stop: control.stop_reason(),
        ..ObservedLoad::default()
    }
}

/// Adds what the engine counts. If the loops share a scheduler, each gets an equal part.
pub(crate) fn add_in_flight(end: &LoadRunEnd, loops: &mut [LoopUsage]) {
    let count = loops.len();
    for (index, each) in loops.iter_mut().enumerate() {
        let of_loop = end.in_flight.get(index);
        let of_loop = of_loop.filter(|_| end.in_flight.len() == count);
        let (area, max) = of_loop.map_or_else(
            || {
                let area = end.in_flight_area.as_secs_f64() / count as f64;
                (area, (end.max_in_flight + count - 1 - index) / count)
            },
            |(area, max)| (area.as_secs_f64(), *max),
        );
        (each.in_flight_area_s, each.max_in_flight) = (area, max as u64);
    }
}
