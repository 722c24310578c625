//! flagpole's own server in a child process, against which `compare` measures.

use crate::process::child_process::{ChildEvent, ChildMessage, ChildProcess, ParentMessage};
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_server::Profile;
use flagpole_server::config::listener::Listener;
use std::time::Duration;

/// The server must send the message that is due within this time.
const TIMEOUT: Duration = Duration::from_secs(10);

const UNRESPONSIVE: &str = "the server process is unresponsive";

/// A running server.
pub(crate) struct ServerProcess {
    process: ChildProcess,
    is_unresponsive: bool,
    /// The root URL of its site.
    pub(crate) url: String,
}

impl ServerProcess {
    /// Starts a server with this listener on a free port.
    pub(crate) fn start(listener: &Listener, seed: u64) -> Result<ServerProcess> {
        let mut profile = Profile::default();
        profile.seed = seed;
        profile.listeners.push(listener.clone());
        profile.listeners[0].port = None;
        // The seed tells the processes apart in a list of processes.
        let seed = format!("--seed={seed}");
        let process = ChildProcess::start("server", &["serve", "--child", "--port=0", &seed])?;
        let mut server = ServerProcess {
            process,
            is_unresponsive: false,
            url: String::new(),
        };
        let profile = ParentMessage::Profile(profile.to_string());
        server.process.send(&profile);
        // A child that exits has written the reason to standard error.
        match server.next().context("the server did not start")? {
            ChildMessage::Ready(url) => server.url = url,
            _ => bail!("the server did not start"),
        }
        Ok(server)
    }

    /// Sends a ping; fails if the server has exited or is unresponsive.
    pub(crate) fn check_health(&mut self) -> Result<()> {
        // While a trial runs, the server sends only replies to pings.
        if let Some(ChildEvent::Closed) = self.process.next(Duration::ZERO) {
            return Err(self.process.exit_error());
        }
        let pinged = self.process.ping();
        self.is_unresponsive = pinged.is_err();
        pinged
    }

    /// A sentence with the exit status, if the server has exited.
    pub(crate) fn exit_message(&mut self) -> Option<String> {
        self.process.exit_message()
    }

    /// Waits until the connections are closed and resets the counters; returns the ledger since the previous call.
    pub(crate) fn drain_and_reset(&mut self) -> Result<ServerSummary> {
        self.process.send(&ParentMessage::DrainAndReset);
        self.summary()
    }

    /// Stops the server; returns its ledger since its start.
    pub(crate) fn stop(mut self) -> Result<ServerSummary> {
        if self.is_unresponsive {
            bail!(UNRESPONSIVE);
        }
        self.process.close_input();
        self.summary()
    }

    fn summary(&mut self) -> Result<ServerSummary> {
        match self.next()? {
            ChildMessage::Summary(summary) => Ok(summary),
            _ => bail!("the server process did not send its ledger"),
        }
    }

    fn next(&mut self) -> Result<ChildMessage> {
        match self.process.next(TIMEOUT) {
            Some(ChildEvent::Received(message)) => Ok(message),
            Some(ChildEvent::Closed | ChildEvent::Interrupted) => Err(self.process.exit_error()),
            None => {
                self.is_unresponsive = true;
                bail!(UNRESPONSIVE);
            }
        }
    }
}
