//! flagpole's own server in a child process, against which `compare` measures.
//!
//! The child exits when its standard input closes, so it ends with this process however this process ends.

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

/// The line with which a parent asks for the ledger since the last one, drained connections, and fresh counters.
pub(crate) const DRAIN_AND_RESET: &str = "drain_and_reset";

/// The server must start, answer and stop within this time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server whose pipes are closed must exit within this time.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two looks at the exit status.
const POLL: Duration = Duration::from_millis(5);

const UNRESPONSIVE: &str = "the server process is unresponsive";

/// A running server.
pub(crate) struct ServerProcess {
    child: Child,
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
            let mut lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.all(|line| sender.send(line).is_ok())
        });
        let mut server = ServerProcess {
            child,
            lines,
            heartbeat: Heartbeat::default(),
            is_unresponsive: false,
            url: String::new(),
        };
        // The child has written the reason to standard error.
        let line = server.line();
        let line = line.map_err(|_| anyhow!("the server did not start"))?;
        server.url = serde_json::from_str::<Ready>(&line)?.url;
        Ok(server)
    }

    /// Sends a ping; the reason if the server has exited or is unresponsive.
    pub(crate) fn health(&mut self) -> Option<String> {
        if let Some(exit) = self.exit() {
            return Some(exit);
        }
        // Between requests a server writes replies to pings only.
        if self.lines.try_iter().count() > 0 {
            self.heartbeat.pong();
        }
        let input = self.child.stdin.as_mut()?;
        self.is_unresponsive = self.heartbeat.ping_or_lost(input);
        self.is_unresponsive.then(|| UNRESPONSIVE.to_owned())
    }

    /// The exit status, if the server has exited.
    pub(crate) fn exit(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the server process ended with {status}"))
    }

    /// Drains the connections and resets the server to its initial state; returns what it did since the last reset.
    pub(crate) fn drain_and_reset(&mut self) -> Result<ServerSummary> {
        let input = self.child.stdin.as_mut();
        let line = match input.map(|input| writeln!(input, "{DRAIN_AND_RESET}")) {
            Some(Ok(())) => self.line(),
            _ => Err(anyhow!("the server process exited")),
        };
        if line.is_err() {
            self.wait_for_exit();
        }
        served(&line?)
    }

    /// Stops the server; returns everything it did.
    pub(crate) fn stop(mut self) -> Result<ServerSummary> {
        if self.is_unresponsive {
            bail!(UNRESPONSIVE);
        }
        drop(self.child.stdin.take());
        served(&self.line()?)
    }

    /// Waits for the exit status of a server whose pipes are closed.
    fn wait_for_exit(&mut self) {
        let end = Instant::now() + EXIT_TIMEOUT;
        while self.exit().is_none() && Instant::now() < end {
            thread::sleep(POLL);
        }
    }

    /// The next line that is not a reply to a ping.
    fn line(&mut self) -> Result<String> {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                // Pings of the last trial may have replies that are unread.
                Ok(line) if line.is_empty() => self.heartbeat.pong(),
                Ok(line) => {
                    self.heartbeat.pong();
                    return Ok(line);
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the server process exited"),
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
        // Both fail if the process has exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn served(line: &str) -> Result<ServerSummary> {
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
