//! flagpole's own server in a child process, against which `compare` measures.
//!
//! The child writes lines: first its URL, then a ledger (the server's counts of everything it did) at each request for
//! one and at its end; and empty lines, which are replies to pings. It exits when its standard input closes, so the
//! child ends with this process however this process ends.

use crate::process::heartbeat::Heartbeat;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_server::Profile;
use flagpole_server::config::listener::Listener;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// The line with which the parent makes the child wait until its connections close, write the ledger since its previous
/// one, and reset its counters.
pub(crate) const DRAIN_AND_RESET: &str = "drain_and_reset";

/// The server must write the line that is due within this time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum wait for the exit status of a server that has closed its standard output.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two checks of the exit status.
const POLL: Duration = Duration::from_millis(5);

const UNRESPONSIVE: &str = "the server process is unresponsive";

const EXITED: &str = "the server process exited";

const STDIN_IS_OPEN: &str = "only `stop` closes the standard input of the server";

/// A running server.
pub(crate) struct ServerProcess {
    child: Child,
    /// The lines of its standard output.
    lines: Receiver<String>,
    heartbeat: Heartbeat,
    is_unresponsive: bool,
    /// The root URL of its site.
    pub(crate) url: String,
}

/// The first line that the server writes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) url: String,
}

impl ServerProcess {
    /// Starts a server with this listener on a free port.
    pub(crate) fn start(listener: &Listener, seed: u64) -> Result<ServerProcess> {
        // The child has read the file when it is ready; the file is removed at the end of this function.
        let profile = profile_file(listener, seed).context("cannot write the server's profile")?;
        let program = std::env::current_exe().context("cannot find the flagpole executable")?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--child", "--port", "0"])
            .arg(format!("--profile={}", profile.path().display()))
            .arg(format!("--seed={seed}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // Ctrl-C on a terminal signals a whole process group; this process stops the server itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().context("cannot start the server")?;
        let out = child.stdout.take();
        let out = out.context("the server has no standard output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut server = ServerProcess {
            child,
            lines,
            heartbeat: Heartbeat::default(),
            is_unresponsive: false,
            url: String::new(),
        };
        // A child that exits has written the reason to standard error.
        let line = server.next_line().context("the server did not start")?;
        server.url = serde_json::from_str::<Ready>(&line)?.url;
        Ok(server)
    }

    /// Sends a ping; fails if the server has exited or is unresponsive.
    pub(crate) fn check_health(&mut self) -> Result<()> {
        if let Some(message) = self.exit_message() {
            bail!(message);
        }
        // While a trial runs, the server writes only replies to pings.
        if self.lines.try_iter().count() > 0 {
            self.heartbeat.on_reply();
        }
        let input = self.child.stdin.as_mut().expect(STDIN_IS_OPEN);
        self.heartbeat.ping(input);
        self.is_unresponsive = self.heartbeat.is_lost();
        if self.is_unresponsive {
            bail!(UNRESPONSIVE);
        }
        Ok(())
    }

    /// A sentence with the exit status, if the server has exited.
    pub(crate) fn exit_message(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the server process ended with {status}"))
    }

    /// Waits until the connections are closed and resets the counters; returns the ledger since the previous call.
    pub(crate) fn drain_and_reset(&mut self) -> Result<ServerSummary> {
        let input = self.child.stdin.as_mut().expect(STDIN_IS_OPEN);
        let line = match writeln!(input, "{DRAIN_AND_RESET}") {
            Ok(()) => self.next_line(),
            Err(_) => Err(anyhow!(EXITED)),
        };
        if line.is_err() && !self.is_unresponsive {
            self.wait_for_exit();
        }
        parse_summary(&line?)
    }

    /// Stops the server; returns its ledger since its start.
    pub(crate) fn stop(mut self) -> Result<ServerSummary> {
        if self.is_unresponsive {
            bail!(UNRESPONSIVE);
        }
        drop(self.child.stdin.take());
        parse_summary(&self.next_line()?)
    }

    /// Waits until `exit_message` knows the exit status: the pipes of a process close before it has exited.
    fn wait_for_exit(&mut self) {
        let end = Instant::now() + EXIT_TIMEOUT;
        while self.exit_message().is_none() && Instant::now() < end {
            thread::sleep(POLL);
        }
    }

    /// The next line that is not a reply to a ping.
    fn next_line(&mut self) -> Result<String> {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => {
                    self.heartbeat.on_reply();
                    if !line.is_empty() {
                        return Ok(line);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => bail!(EXITED),
                Err(RecvTimeoutError::Timeout) => {
                    self.is_unresponsive = true;
                    bail!(UNRESPONSIVE);
                }
            }
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Killing and waiting fail if the process has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn parse_summary(line: &str) -> Result<ServerSummary> {
    serde_json::from_str(line).context("cannot read the server's ledger")
}

fn profile_file(listener: &Listener, seed: u64) -> Result<NamedTempFile> {
    let profile = Profile {
        about: None,
        seed,
        listeners: vec![Listener {
            port: None,
            ..listener.clone()
        }],
    };
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile()?;
    file.write_all(profile.to_string().as_bytes())?;
    Ok(file)
}
