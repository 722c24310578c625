//! Runs a trial in a child process.

use crate::process::heartbeat::{Heartbeat, INTERVAL};
use crate::process::server_process::ServerProcess;
use crate::process::trial_job::{CANCEL_GRACE, TrialJob, TrialResult};
use anyhow::{Context as _, Result, bail};
use flagpole_protocol::ConnectFailureCause;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A cancelled trial process must end within this time, after which it is killed. Longer than the limit after which it
/// exits by itself.
const GRACE: Duration = CANCEL_GRACE.saturating_add(Duration::from_secs(1));

/// Ctrl-C: cancels the current trial, and all further trials.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    is_requested: Arc<AtomicBool>,
    /// The events of the current trial, if one is running.
    trial: Arc<Mutex<Option<Sender<TrialEvent>>>>,
}

enum TrialEvent {
    /// A line of standard output.
    Line(String),
    /// Standard output has closed; the text of standard error.
    Closed(String),
    Interrupted,
}

/// A trial process that exited with an error.
#[derive(Debug)]
pub(crate) struct TrialFailed {
    message: String,
    pub(crate) cause: ConnectFailureCause,
}

impl fmt::Display for TrialFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TrialFailed {}

impl Interrupt {
    pub(crate) fn request(&self) {
        self.is_requested.store(true, Ordering::SeqCst);
        self.notify();
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.is_requested.load(Ordering::SeqCst)
    }

    fn set_current(&self, trial: Option<Sender<TrialEvent>>) {
        *self.trial.lock().unwrap_or_else(PoisonError::into_inner) = trial;
        // The request may have come between two trials.
        if self.is_requested() {
            self.notify();
        }
    }

    fn notify(&self) {
        let trial = self.trial.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trial) = &*trial {
            // Sending fails if the trial has just ended.
            let _ = trial.send(TrialEvent::Interrupted);
        }
    }
}

/// What a trial process has written.
struct TrialOutput {
    stdout: String,
    stderr: String,
}

/// Runs a job in a new process and waits for its result. Fails if the trial fails, or if the trial or the server is
/// unresponsive.
pub(crate) fn run_trial(
    job: &TrialJob,
    interrupt: &Interrupt,
    server: Option<&mut ServerProcess>,
) -> Result<TrialResult> {
    let mut child = start()?;
    let input = child.stdin.take();
    let mut input = input.context("the trial process has no standard input")?;
    let out = child.stdout.take();
    let out = out.context("the trial process has no standard output")?;
    let err = child.stderr.take();
    let err = err.context("the trial process has no standard error")?;
    let line = serde_json::to_string(job)? + "\n";
    // If the write fails, the exit status is the better reason.
    let written = input.write_all(line.as_bytes());
    let (sender, events) = mpsc::channel();
    interrupt.set_current(Some(sender.clone()));
    thread::spawn(move || read_output(out, err, &sender));
    let output = wait_for_output(&events, input, server);
    interrupt.set_current(None);
    if output.is_err() {
        // Killing fails if the process has exited.
        let _ = child.kill();
    }
    let status = child.wait().context("cannot wait for the trial process")?;
    let TrialOutput { stdout, stderr } = output?;
    if !status.success() {
        let errors = stderr.trim().trim_start_matches("flagpole: ");
        let colon = if errors.is_empty() { "" } else { ": " };
        return Err(TrialFailed {
            message: format!("the trial process ended with {status}{colon}{errors}"),
            // A trial process that was killed has not written a cause.
            cause: serde_json::from_str(&stdout).unwrap_or(ConnectFailureCause::Other),
        }
        .into());
    }
    written.context("cannot send the job to the trial process")?;
    serde_json::from_str(&stdout).context("cannot read the trial's result")
}

fn start() -> Result<Child> {
    let program = std::env::current_exe().context("cannot find the flagpole executable")?;
    let mut command = Command::new(program);
    command
        .arg("trial")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Ctrl-C on a terminal signals a whole process group; this process cancels the trial itself.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().context("cannot start the trial process")
}

fn read_output(out: ChildStdout, mut err: ChildStderr, sender: &Sender<TrialEvent>) {
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        if sender.send(TrialEvent::Line(line)).is_err() {
            return;
        }
    }
    let mut errors = String::new();
    // A read error counts as the end of the text; sending fails if `run_trial` has given up.
    let _ = err.read_to_string(&mut errors);
    let _ = sender.send(TrialEvent::Closed(errors));
}

/// Waits until the trial closes its output; pings the trial and the server meanwhile.
fn wait_for_output(
    events: &Receiver<TrialEvent>,
    input: ChildStdin,
    mut server: Option<&mut ServerProcess>,
) -> Result<TrialOutput> {
    let (mut stdout, mut heartbeat) = (String::new(), Heartbeat::default());
    let (mut input, mut end) = (Some(input), None);
    loop {
        let timeout = end.map_or(INTERVAL, |end: Instant| {
            end.saturating_duration_since(Instant::now())
        });
        match events.recv_timeout(timeout) {
            Ok(TrialEvent::Line(line)) => {
                heartbeat.on_reply();
                stdout.push_str(&line);
            }
            Ok(TrialEvent::Closed(stderr)) => return Ok(TrialOutput { stdout, stderr }),
            // A trial whose standard input closes cancels its run and writes a partial result.
            Ok(TrialEvent::Interrupted) => {
                input = None;
                end = Some(Instant::now() + GRACE);
            }
            Err(RecvTimeoutError::Disconnected) => bail!("cannot read from the trial process"),
            Err(RecvTimeoutError::Timeout) => {
                let Some(input) = &mut input else {
                    bail!("the trial process did not stop when asked");
                };
                if let Some(server) = &mut server {
                    server.check_health()?;
                }
                heartbeat.ping(input);
                if heartbeat.is_lost() {
                    bail!("the trial process is unresponsive");
                }
            }
        }
    }
}
