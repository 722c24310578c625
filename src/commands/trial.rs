//! `flagpole trial`: runs one strategy, or watches one program, in a separate process, so that its resource usage can be
//! measured.
//!
//! Receives the job from its parent and sends the result, or the error. Closing standard input cancels the run.

use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::process::child_process::{self, ChildMessage, ParentMessage};
use crate::process::lost_time::LostTimeProbe;
use crate::process::program::{self, job::ProgramJob};
use crate::process::resource_usage::{self, ThreadCounter};
use crate::process::system_limits;
use crate::process::trial_job::{self, CANCEL_GRACE, TrialJob, TrialResult};
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::comparison::ResourceUsage;
use flagpole_client::{CancellationToken, Concurrency, Run, Target, Workload, measure, strategy};
use flagpole_protocol::AttemptRecord;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{process, thread};

/// Runs the job and sends the result.
pub(crate) fn run() -> Result<ExitStatus> {
    // Ignored: Ctrl-C reaches the whole process group, and the parent cancels this trial by closing standard input.
    interrupt::on_first_signal(|| {})?;
    let job = child_process::receive()?;
    let result = match job {
        ParentMessage::Job(job) => run_strategy(*job),
        ParentMessage::Program(job) => run_program(&job),
        ParentMessage::Ping => bail!("expected the job of a trial"),
    };
    let has_failed = result.is_err();
    child_process::send(&result.unwrap_or_else(|error| {
        ChildMessage::Failed(format!("{error:#}"), system_limits::cause(&error))
    }))?;
    Ok(ExitStatus::from_failed(has_failed))
}

fn run_strategy(job: TrialJob) -> Result<ChildMessage> {
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    on_closed_input(move || token.cancel())?;
    let result = run_job(job, cancel)?;
    Ok(ChildMessage::Finished(Box::new(result)))
}

fn run_program(job: &ProgramJob) -> Result<ChildMessage> {
    let is_cancelled = Arc::new(AtomicBool::new(false));
    let cancelled = is_cancelled.clone();
    on_closed_input(move || cancelled.store(true, Ordering::Relaxed))?;
    let run = program::run::run(job, &is_cancelled)?;
    Ok(ChildMessage::ProgramEnded(Box::new(run)))
}

/// Replies to pings until standard input closes; then calls `cancel`, and exits if the run does not end in time.
fn on_closed_input(cancel: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new()
        .spawn(move || {
            child_process::reply_to_pings();
            cancel();
            thread::sleep(CANCEL_GRACE);
            process::exit(1);
        })
        .context("cannot start a thread")?;
    Ok(())
}

fn run_job(job: TrialJob, cancel: CancellationToken) -> Result<TrialResult> {
    let strategy = strategy::by_name(&job.strategy)?;
    let concurrency = Concurrency::new(job.concurrency)?;
    system_limits::check_concurrency(job.concurrency)?;
    let target: Target = job.url.parse()?;
    let endpoint = target.resolve()?;
    let workload = workload(&job);
    // At concurrency 1 a comparison ignores `hedge`, for which no slot is free; `get` refuses such a `hedge`.
    let policy = job.policy.policy(job.concurrency.max(2))?;
    let threads = ThreadCounter::default();
    let probe = LostTimeProbe::start();
    // The threads that wait for standard input, for signals and for stops do not belong to the strategy; the main thread
    // does.
    let other_threads = resource_usage::threads().saturating_sub(1);
    let on_record = |record: &AttemptRecord| {
        threads.sample();
        probe.observe(record);
    };
    let run = Run::new(&workload, &endpoint)
        .concurrency(concurrency)
        .policy(policy)
        .transport(job.transport)
        .name(job.run)
        .digest_bodies(true)
        .cancel(cancel)
        .on_record(&on_record);
    let before = resource_usage::current();
    let measured = measure(strategy, &run)?;
    let used = resource_usage::current().delta_since(&before);
    let peak_memory_kib = resource_usage::peak_memory_kib();
    let (lost, used) = probe.finish(used);
    let resource_usage = ResourceUsage {
        peak_memory_kib: peak_memory_kib.saturating_sub(record_kib(&measured.records)),
        peak_threads: threads.max().saturating_sub(other_threads),
        ..used
    };
    Ok(TrialResult {
        wall: measured.wall,
        unstarted: measured.stats.unstarted,
        records: measured.records,
        resource_usage,
        lost,
    })
}

fn workload(job: &TrialJob) -> Workload {
    let workload = trial_job::workload(&job.codes, &job.paths, job.files, job.downloads);
    match job.interval {
        Some(interval) => workload.spaced(interval),
        None => workload,
    }
}

/// The memory of the records, in KiB, without texts that records own. The comparison needs the records, so they do not
/// count as memory of the strategy.
fn record_kib(records: &[AttemptRecord]) -> u64 {
    size_of_val(records) as u64 / 1024
}
