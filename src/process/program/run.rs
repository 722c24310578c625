//! Runs a program and measures it: its time, and what all its processes used.

use super::job::{ProgramJob, ProgramRun};
use super::process_tree::ProcessTree;
use super::stderr_tail::StderrTail;
use crate::process::lost_time::LostTimeProbe;
use crate::process::resource_usage;
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::comparison::ResourceUsage;
use flagpole_analysis::program::ProgramExit;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// The longest time until a cancelled trial notices it.
const CANCEL_POLL: Duration = Duration::from_millis(50);

/// The time from the first look at the processes, at their start, to the second, and the longest time between two. In between it doubles, because a look
/// takes processor time from what it looks at, and programs start most of their threads at their start.
const FIRST_SAMPLE: Duration = Duration::from_millis(2);
const SAMPLE_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the program until it ends, its time is over or the trial is cancelled; then ends all its processes.
pub(crate) fn run(job: &ProgramJob, is_cancelled: &AtomicBool) -> Result<ProgramRun> {
    let mut tree = ProcessTree::adopt();
    let probe = LostTimeProbe::start();
    let before = resource_usage::of_children();
    let start = Instant::now();
    let mut command = command(&job.words)?;
    command.envs(job.environment.iter().cloned());
    let started = command.spawn();
    let mut child = started.with_context(|| format!("cannot start `{}`", job.words[0]))?;
    tree.set_main(child.id());
    tree.sample();
    let pipe = child.stderr.take();
    let stderr = StderrTail::start(pipe.context("standard error is piped")?);
    let (sender, ended) = mpsc::channel();
    // Waits in place of this thread, which must notice a cancellation.
    thread::spawn(move || {
        let status = ProcessTree::wait(&mut child);
        // Sending fails only if the run has failed.
        let _ = sender.send((Instant::now(), status));
    });
    let watch = ProgramWatch {
        start,
        timeout: job.timeout,
        is_cancelled,
        ended,
    };
    let ended = watch.until_end(&mut tree);
    tree.end()?;
    let (end, exit) = ended?;
    let ended_at = UNIX_EPOCH.elapsed().unwrap_or_default();
    let used = resource_usage::of_children().delta_since(&before);
    let (lost, used) = probe.finish(used);
    Ok(ProgramRun {
        process: end.saturating_duration_since(start),
        ended_at,
        exit,
        stderr: stderr.text(),
        resource_usage: ResourceUsage {
            peak_memory_kib: tree.peak_memory_kib(),
            peak_threads: tree.peak_threads(),
            ..used
        },
        lost,
    })
}

/// When the process of a program ended, and how.
type ProcessEnd = (Instant, io::Result<ExitStatus>);

/// What ends a program: itself, its time or a cancellation.
struct ProgramWatch<'a> {
    start: Instant,
    timeout: Duration,
    is_cancelled: &'a AtomicBool,
    ended: Receiver<ProcessEnd>,
}

impl ProgramWatch<'_> {
    /// Waits until the process has ended, which it is made to if its time is over or the trial is cancelled; looks at all
    /// processes meanwhile. Returns when it ended, and how; `None` if the trial was cancelled.
    fn until_end(&self, tree: &mut ProcessTree) -> Result<(Instant, Option<ProgramExit>)> {
        let mut exit = None;
        let mut next_sample = FIRST_SAMPLE;
        let mut interval = FIRST_SAMPLE;
        loop {
            let elapsed = self.start.elapsed();
            let is_cancelled = self.is_cancelled.load(Ordering::Relaxed);
            if exit.is_none() && (elapsed >= self.timeout || is_cancelled) {
                exit = Some((!is_cancelled).then_some(ProgramExit::TimedOut));
                tree.kill();
            }
            let until_sample = next_sample.saturating_sub(elapsed);
            let until_end = self.timeout.saturating_sub(elapsed);
            let wait = until_sample.min(until_end).min(CANCEL_POLL);
            match self.ended.recv_timeout(wait.max(Duration::from_millis(1))) {
                Ok((end, status)) => {
                    let status = status.context("cannot wait for the program")?;
                    return Ok((end, exit.unwrap_or_else(|| Some(exit_of(status)))));
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the program is lost"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.start.elapsed() >= next_sample {
                tree.sample();
                interval = (2 * interval).min(SAMPLE_INTERVAL);
                next_sample += interval;
            }
        }
    }
}

fn command(words: &[String]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("the command is empty")?;
    let mut command = Command::new(program);
    let command_line = command.args(arguments).stdin(Stdio::null());
    command_line.stdout(Stdio::null()).stderr(Stdio::piped());
    // A separate process group, so that all of it can be ended where the system knows no subreaper.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command)
}

#[cfg(unix)]
fn exit_of(status: ExitStatus) -> ProgramExit {
    use std::os::unix::process::ExitStatusExt as _;
    let signal = status.signal().map(ProgramExit::Signal);
    signal.unwrap_or_else(|| ProgramExit::Code(status.code().unwrap_or(-1)))
}

#[cfg(not(unix))]
fn exit_of(status: ExitStatus) -> ProgramExit {
    ProgramExit::Code(status.code().unwrap_or(-1))
}
