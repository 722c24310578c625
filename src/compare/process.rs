//! A trial, in a process of its own.

use crate::trial::{Job, Said};
use anyhow::{Context as _, Result, bail};
use std::io::{Read as _, Write as _};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A Ctrl-C, and the trial that it is to end. A trial whose input closes cancels its run and says what it
/// has.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    is_asked: Arc<AtomicBool>,
    trial: Arc<Mutex<Option<ChildStdin>>>,
}

impl Interrupt {
    /// Ends the trial under way, and all that would follow.
    pub(crate) fn ask(&self) {
        self.is_asked.store(true, Ordering::SeqCst);
        self.hold(None);
    }

    /// Whether it was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::SeqCst)
    }

    fn hold(&self, input: Option<ChildStdin>) {
        *self.trial.lock().unwrap_or_else(PoisonError::into_inner) = input;
        // It may have been asked for while no trial was under way.
        if self.is_asked() {
            drop(
                self.trial
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take(),
            );
        }
    }
}

/// Carries out a job in a new process, and waits for what it says.
pub(crate) fn carry_out(job: &Job, interrupt: &Interrupt) -> Result<Said> {
    let program = std::env::current_exe().context("cannot find the program itself")?;
    let mut command = Command::new(program);
    let piped = command.arg("trial").stdin(Stdio::piped());
    piped.stdout(Stdio::piped()).stderr(Stdio::piped());
    // A Ctrl-C on a terminal reaches a whole process group; the trial is ours to end.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(piped, 0);
    let mut child = command.spawn().context("cannot start a process")?;
    let mut input = child.stdin.take().context("it has no standard input")?;
    let line = serde_json::to_string(job)? + "\n";
    // One that is gone says so by its end.
    let written = input.write_all(line.as_bytes());
    interrupt.hold(Some(input));
    let (mut said, mut complaint) = (String::new(), String::new());
    if let Some(out) = &mut child.stdout {
        out.read_to_string(&mut said).context("cannot hear it")?;
    }
    if let Some(err) = &mut child.stderr {
        err.read_to_string(&mut complaint)
            .context("cannot hear it")?;
    }
    interrupt.hold(None);
    let status = child.wait().context("cannot wait for it")?;
    if !status.success() {
        let complaint = complaint.trim().trim_start_matches("flagpole: ");
        let colon = if complaint.is_empty() { "" } else { ": " };
        bail!("it ended with {status}{colon}{complaint}");
    }
    written.context("cannot tell it its job")?;
    serde_json::from_str(&said).context("what it said can not be read")
}
