//! Runs a trial in a child process.

use crate::process::child_process::{
    ChildEvent, ChildMessage, ChildProcess, PING_INTERVAL, ParentMessage,
};
use crate::process::program::job::{ProgramJob, ProgramRun};
use crate::process::server_process::ServerProcess;
use crate::process::trial_job::{CANCEL_GRACE, TrialJob, TrialResult};
use anyhow::{Result, bail};
use flagpole_protocol::ConnectFailureCause;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A cancelled trial process must end within this time, after which it is killed. Longer than the limit after which it
/// exits by itself.
const GRACE: Duration = CANCEL_GRACE.saturating_add(Duration::from_secs(1));

/// Ctrl-C: cancels the current trial, and all further trials.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    is_requested: Arc<AtomicBool>,
    /// The events of the current trial, if one is running.
    trial: Arc<Mutex<Option<Sender<ChildEvent>>>>,
}

/// A trial that reported an error.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct TrialFailed {
    message: String,
    pub(crate) cause: ConnectFailureCause,
}

impl Interrupt {
    pub(crate) fn request(&self) {
        self.is_requested.store(true, Ordering::SeqCst);
        self.notify();
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.is_requested.load(Ordering::SeqCst)
    }

    fn set_current(&self, trial: Option<Sender<ChildEvent>>) {
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
            let _ = trial.send(ChildEvent::Interrupted);
        }
    }
}

/// Runs a job in a new process and waits for its result. Fails if the trial fails, or if the trial or the server is
/// unresponsive.
pub(crate) fn run_trial(
    job: TrialJob,
    interrupt: &Interrupt,
    server: Option<&mut ServerProcess>,
) -> Result<TrialResult> {
    let job = ParentMessage::Job(Box::new(job));
    match run_in_child(&job, interrupt, server)? {
        ChildMessage::Finished(result) => Ok(*result),
        _ => bail!("the trial process sent no result"),
    }
}

/// Runs a program in a new trial process and waits until it has ended. Fails as [`run_trial`] does.
pub(crate) fn run_program(
    job: ProgramJob,
    interrupt: &Interrupt,
    server: &mut ServerProcess,
) -> Result<ProgramRun> {
    let job = ParentMessage::Program(Box::new(job));
    match run_in_child(&job, interrupt, Some(server))? {
        ChildMessage::ProgramEnded(run) => Ok(*run),
        _ => bail!("the trial process sent no result"),
    }
}

fn run_in_child(
    job: &ParentMessage,
    interrupt: &Interrupt,
    server: Option<&mut ServerProcess>,
) -> Result<ChildMessage> {
    let mut trial = ChildProcess::start()?;
    trial.send(job);
    interrupt.set_current(Some(trial.sender.clone()));
    let result = wait_for_result(&mut trial, server);
    interrupt.set_current(None);
    result
}

/// Waits until the trial sends its result; pings the trial and the server meanwhile.
fn wait_for_result(
    trial: &mut ChildProcess,
    mut server: Option<&mut ServerProcess>,
) -> Result<ChildMessage> {
    let mut end = None;
    loop {
        let timeout = end.map_or(PING_INTERVAL, |end: Instant| {
            end.saturating_duration_since(Instant::now())
        });
        match trial.next(timeout) {
            Some(ChildEvent::Received(ChildMessage::Failed(message, cause))) => {
                return Err(TrialFailed { message, cause }.into());
            }
            Some(ChildEvent::Received(message)) => return Ok(message),
            Some(ChildEvent::Closed) => return Err(trial.exit_error()),
            // A trial whose standard input closes cancels its run and sends a partial result.
            Some(ChildEvent::Interrupted) => {
                trial.close_input();
                end = Some(Instant::now() + GRACE);
            }
            None if end.is_some() => bail!("the trial process did not stop when asked"),
            None => {
                if let Some(server) = &mut server {
                    server.check_health()?;
                }
                trial.ping()?;
            }
        }
    }
}
