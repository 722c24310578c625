//! A child process of this program, which is killed on drop.

use anyhow::{Context as _, Result, anyhow};
use std::io::{self, BufReader, Read as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The maximum wait for the exit status of a child that has closed its standard output.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two checks of the exit status.
const POLL: Duration = Duration::from_millis(5);

pub(super) struct OwnedChild {
    /// For errors: `server`.
    name: &'static str,
    child: Child,
}

impl OwnedChild {
    /// Starts `flagpole` with these arguments, this standard input and error, and a pipe as its standard output.
    pub(super) fn start(
        name: &'static str,
        arguments: &[String],
        input: Stdio,
        errors: Stdio,
    ) -> Result<OwnedChild> {
        let program = std::env::current_exe().context("cannot find the flagpole executable")?;
        let mut command = Command::new(program);
        let command = command.args(arguments).stdin(input).stderr(errors);
        let command = command.stdout(Stdio::piped());
        // Ctrl-C on a terminal signals a whole process group; this process stops its children itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let started = command.spawn();
        let child = started.with_context(|| format!("cannot start the {name} process"))?;
        Ok(OwnedChild { name, child })
    }

    /// Its standard input, if it is a pipe; can be taken once.
    pub(super) fn take_input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Its standard output; can be taken once.
    pub(super) fn take_output(&mut self) -> BufReader<ChildStdout> {
        let output = self.child.stdout.take();
        BufReader::new(output.expect("standard output is piped and is taken once"))
    }

    /// What it has written to standard error, if that is a pipe and the child has exited.
    pub(super) fn error_text(&mut self) -> Option<String> {
        self.exit_message()?;
        let mut text = String::new();
        // Without a reason the exit status is reported.
        self.child.stderr.take()?.read_to_string(&mut text).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Copies what it writes to standard error, a pipe, to that of this process.
    pub(super) fn relay_errors(&mut self) {
        if let Some(mut errors) = self.child.stderr.take() {
            // Without a reader there are no errors to copy.
            thread::spawn(move || io::copy(&mut errors, &mut io::stderr()));
        }
    }

    pub(super) fn unresponsive(&self) -> anyhow::Error {
        anyhow!("the {} process is unresponsive", self.name)
    }

    /// A sentence with the exit status, if the child has exited.
    pub(super) fn exit_message(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the {} process ended with {status}", self.name))
    }

    /// The error of a child whose output or connection has closed. Waits for the exit status, as these close first.
    pub(super) fn exit_error(&mut self) -> anyhow::Error {
        let end = Instant::now() + EXIT_TIMEOUT;
        while self.exit_message().is_none() && Instant::now() < end {
            thread::sleep(POLL);
        }
        let message = self.exit_message();
        anyhow!(message.unwrap_or_else(|| format!("the {} process exited", self.name)))
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        // Killing and waiting fail if the process has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
