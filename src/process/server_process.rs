//! flagpole's own server in a child process, against which `compare` measures: `flagpole serve` with a control plane.

use crate::control_client::ControlClient;
use crate::control_client::call::{ControlCall, JSON_LINES, TOML};
use crate::control_client::error::ControlError;
use crate::process::health_check::HealthCheck;
use crate::process::owned_child::OwnedChild;
use crate::process::ready::ReadyDocument;
use crate::process::server_totals::ServerTotals;
use crate::process::system_limits;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_analysis::program::ServedRequest;
use flagpole_protocol::{ControlOperation, LedgerReport};
use flagpole_server::config::listener::Listener;
use flagpole_server::{ControlPlane, Profile};
use std::io::{self, BufRead as _};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The server must answer within this time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The connections of a trial must close within this time after its end.
const DRAIN: &str = "1s";

/// Responses to clients that have left must be over within this time.
const JOURNAL_WAIT: Duration = Duration::from_secs(1);

/// The time between two looks at whether they are.
const JOURNAL_POLL: Duration = Duration::from_millis(10);

/// The most lines of the journal in an answer.
const JOURNAL_PAGE: usize = 10_000;

/// The connections to the control plane: one that pings and one that resets, and as many again.
const CONTROL_CONNECTIONS: usize = 4;

/// The most connections that `serve` accepts as an option.
const MAX_CONNECTIONS: usize = 1_000_000;

/// What programs need of a server.
#[derive(Clone, Copy, Default)]
pub(crate) struct ServerProcessOptions {
    /// Its port; 0 for a free one.
    pub(crate) port: u16,
    /// The number of requests that each of its workers remembers. Each takes processor time.
    pub(crate) journal_capacity: usize,
}

/// A running server.
pub(crate) struct ServerProcess {
    process: OwnedChild,
    control: ControlClient,
    health: HealthCheck,
    is_unresponsive: bool,
    /// What it did until the last reset.
    totals: ServerTotals,
    /// The root URL of its site.
    pub(crate) url: String,
}

impl ServerProcess {
    /// Starts a server with this listener on a free port, without a journal.
    pub(crate) fn start(listener: &Listener, seed: u64) -> Result<ServerProcess> {
        ServerProcess::start_with(listener, seed, ServerProcessOptions::default())
    }

    /// Starts a server with this listener.
    pub(crate) fn start_with(
        listener: &Listener,
        seed: u64,
        options: ServerProcessOptions,
    ) -> Result<ServerProcess> {
        let arguments = arguments(listener, seed, options)?;
        let mut process = OwnedChild::start("server", &arguments, Stdio::null(), Stdio::piped())?;
        let ready = wait_until_ready(&mut process).map_err(|error| match process.error_text() {
            Some(reason) => anyhow!(reason.trim_start_matches("flagpole: ").to_owned()),
            None => error.context("the server did not start"),
        })?;
        process.relay_errors();
        let [listening] = ready.listeners.as_slice() else {
            bail!("the server of a comparison has one listener");
        };
        let address = ready.control.as_deref().unwrap_or_default().parse();
        let mut server = ServerProcess {
            process,
            control: ControlClient::new(address.map_err(|error: String| anyhow!(error))?),
            health: HealthCheck::default(),
            is_unresponsive: false,
            totals: ServerTotals::default(),
            url: listening.url.clone(),
        };
        let mut profile = Profile::default();
        profile.seed = seed;
        let mut listener = listener.clone();
        (listener.name, listener.port) = (listening.name.clone(), None);
        profile.listeners.push(listener);
        server.set_profile(&profile)?;
        // Time windows count from the first request of the first trial, as they do in every later one.
        server.reset(None)?;
        Ok(server)
    }

    /// Sends a ping; fails if the server has exited or is unresponsive.
    pub(crate) fn check_health(&mut self) -> Result<()> {
        if let Some(message) = self.process.exit_message() {
            bail!(message);
        }
        self.is_unresponsive = !self.health.ping(&self.control);
        if self.is_unresponsive {
            return Err(self.process.unresponsive());
        }
        Ok(())
    }

    /// A sentence with the exit status, if the server has exited.
    pub(crate) fn exit_message(&mut self) -> Option<String> {
        self.process.exit_message()
    }

    /// Waits until the connections are closed and resets the counters; returns the ledger since the previous call.
    pub(crate) fn drain_and_reset(&mut self) -> Result<ServerSummary> {
        self.reset(Some(DRAIN))
    }

    /// Ends the server; returns its ledger since its start.
    pub(crate) fn stop(mut self) -> Result<ServerSummary> {
        if self.is_unresponsive {
            return Err(self.process.unresponsive());
        }
        self.reset(None)?;
        Ok(self.totals.stopped())
    }

    /// The journal of the requests since the previous reset. Waits until the responses to clients that have left are over, for
    /// at most a second.
    pub(crate) fn journal(&mut self) -> Result<Vec<ServedRequest>> {
        let end = Instant::now() + JOURNAL_WAIT;
        loop {
            let requests = self.read_journal()?;
            if requests.iter().all(|request| request.end.is_some()) || Instant::now() >= end {
                return Ok(requests);
            }
            thread::sleep(JOURNAL_POLL);
        }
    }

    /// As few calls as possible: what they take is a part of what the server took for the trial.
    fn read_journal(&mut self) -> Result<Vec<ServedRequest>> {
        let mut requests: Vec<ServedRequest> = Vec::new();
        loop {
            let since = requests.last().map_or(0, |last| last.id);
            let call = ControlCall::new(ControlOperation::ReadJournal)
                .parameter("since", Some(since))
                .parameter("limit", Some(JOURNAL_PAGE))
                .answer(JSON_LINES);
            let lines = self.call(&call)?;
            let page = ServedRequest::from_journal(&lines);
            let page = page.context("the server process did not send its journal")?;
            // A page with errors of connections has fewer requests than lines.
            let is_last = page.is_empty() || lines.lines().count() < JOURNAL_PAGE;
            requests.extend(page);
            if is_last {
                return Ok(requests);
            }
        }
    }

    fn set_profile(&mut self, profile: &Profile) -> Result<()> {
        let call = ControlCall::new(ControlOperation::ReplaceProfile);
        self.call(&call.body(TOML, profile.to_string())).map(drop)
    }

    fn reset(&mut self, drain: Option<&str>) -> Result<ServerSummary> {
        let call = ControlCall::new(ControlOperation::Reset)
            .parameter("drain", drain)
            .parameter("histogram", Some(true));
        let report: LedgerReport = serde_json::from_str(&self.call(&call)?)
            .context("the server process did not send its ledger")?;
        Ok(self.totals.add(&report))
    }

    fn call(&mut self, call: &ControlCall) -> Result<String> {
        let answered = self.control.call(call, TIMEOUT);
        answered.map_err(|error| match error {
            ControlError::TimedOut { .. } => {
                self.is_unresponsive = true;
                self.process.unresponsive()
            }
            ControlError::Connect(..) | ControlError::Broken(..) => self.process.exit_error(),
            other => other.into(),
        })
    }
}

/// The command line of a server that says nothing to people, and ends with this process. The control
/// plane gives it its profile later.
fn arguments(listener: &Listener, seed: u64, options: ServerProcessOptions) -> Result<Vec<String>> {
    let control_files = ControlPlane::max_open_files(CONTROL_CONNECTIONS);
    // The concurrency of a comparison is limited by open files alone.
    let connections = system_limits::connections_per_server(1, None, control_files)?;
    let connections = connections.min(MAX_CONNECTIONS);
    let fixed = [
        "serve",
        "--quiet",
        "--format=json",
        "--profile=clean",
        "--control=127.0.0.1:0",
        // Every fate is planned.
        "--no-request-faults",
        #[cfg(unix)]
        "--exit-with-parent",
    ];
    let mut arguments: Vec<_> = fixed.map(str::to_owned).into();
    arguments.extend([
        format!("--port={}", options.port),
        format!("--journal-capacity={}", options.journal_capacity),
        format!("--max-connections={connections}"),
        format!("--max-control-connections={CONTROL_CONNECTIONS}"),
        // Tells the processes apart in a list of processes.
        format!("--seed={seed}"),
    ]);
    // The control plane accepts only files that the server has from the start.
    let files = listener
        .fault_files()
        .map(|file| file.display().to_string());
    arguments.extend(files.map(|file| format!("--fault=503,body-file={file:?}@0%")));
    Ok(arguments)
}

/// Reads the line with which the server says that it accepts connections.
fn wait_until_ready(process: &mut OwnedChild) -> Result<ReadyDocument> {
    let mut output = process.take_output();
    let (sender, line) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = output.read_line(&mut line);
        // Sending fails if the server took too long.
        let _ = sender.send(read.map(|_| line));
        // The server must not fail to write what it writes later.
        let _ = io::copy(&mut output, &mut io::sink());
    });
    let Ok(line) = line.recv_timeout(TIMEOUT) else {
        return Err(process.unresponsive());
    };
    let line = line?;
    if line.is_empty() {
        return Err(process.exit_error());
    }
    serde_json::from_str(&line).context("unexpected output of the server process")
}
