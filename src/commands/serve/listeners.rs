//! Starts the servers of a profile, describes and stops them.

use crate::commands::serve::limit_notes::limit_reporter;
use crate::commands::serve::notes::NoteSender;
use anyhow::{Result, anyhow};
use flagpole_protocol::Ledger;
use flagpole_server::config::listener::Listener;
use flagpole_server::{
    BlockingServer, ConnectionLimits, Journal, Profile, Site, StartError, StopHandle,
};
use http::HeaderName;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// The description of a listener without delays, faults and limits.
const CLEAN: &str = "clean";

/// The server of one listener.
pub(super) struct RunningListener {
    pub(super) server: BlockingServer,
    /// The delays, faults and limits of the listener.
    pub(super) description: String,
    /// Whether all responses are quick and no errors.
    pub(super) is_clean: bool,
}

/// What all listeners have, whatever the profile.
pub(super) struct CommonOptions<'a> {
    pub(super) addresses: &'a [SocketAddr],
    pub(super) site: &'a Arc<Site>,
    pub(super) journal: Option<&'a Journal>,
    /// The number of journal entries in memory, if it is not the default.
    pub(super) journal_capacity: Option<usize>,
    /// The request fields in entries of the journal.
    pub(super) journal_fields: &'a [HeaderName],
    pub(super) limits: ConnectionLimits,
    pub(super) request_faults: bool,
}

/// Starts a server for each listener of the profile.
pub(super) fn start_all(
    profile: &Profile,
    options: &CommonOptions<'_>,
    notes: Option<&NoteSender>,
) -> Result<Vec<RunningListener>> {
    let limits = options.limits;
    let start = |listener: &Listener| {
        let port = listener.port.unwrap_or_default();
        let addresses = options.addresses.iter().copied();
        let mut builder = BlockingServer::builder()
            .addresses(addresses.map(|mut address| {
                address.set_port(port);
                address
            }))
            .site(options.site.clone())
            .seed(profile.seed)
            .listener(listener.clone())
            .request_faults(options.request_faults)
            .journal_fields(options.journal_fields.iter().cloned())
            .connection_limits(limits);
        if let Some(entries) = options.journal_capacity {
            builder = builder.journal_capacity(entries);
        }
        let url = Arc::<OnceLock<String>>::default();
        if let Some(notes) = notes {
            let reporter = limit_reporter(notes.clone(), limits, url.clone());
            builder = builder.on_limit_reached(reporter);
        }
        if let Some(journal) = options.journal {
            builder = builder.journal(journal.clone());
        }
        let server = builder.start().map_err(|error| name_option(&error))?;
        let _ = url.set(server.url());
        let description = describe(listener);
        Ok(RunningListener {
            server,
            is_clean: description == CLEAN,
            description,
        })
    };
    profile.listeners.iter().map(start).collect()
}

/// The error with the option that causes it.
fn name_option(error: &StartError) -> anyhow::Error {
    match error {
        StartError::Profile(_) => anyhow!("--profile: {error}"),
        StartError::PortInUse(_) => anyhow!("--port: {error}; choose another with `--port`"),
        StartError::Listen(at, error) if error.kind() == ErrorKind::AddrNotAvailable => {
            anyhow!("--addr: `{}` is no address of this machine", at.ip())
        }
        StartError::Listen(_, cause) if cause.kind() == ErrorKind::PermissionDenied => {
            anyhow!("--port: {error}")
        }
        StartError::Listen(..) => anyhow!("--addr: {error}"),
        _ => anyhow!("{error}"),
    }
}

/// The delays, faults and limits of a listener as text, in the notation of the command line.
fn describe(listener: &Listener) -> String {
    let mut parts = Vec::new();
    match listener.rules.len() {
        0 => {}
        1 => parts.push("1 rule".to_owned()),
        several => parts.push(format!("{several} rules")),
    }
    if !listener.latency.is_zero() {
        parts.push(format!("latency {}", listener.latency));
    }
    parts.extend(listener.faults.iter().map(|fault| format!("fault {fault}")));
    if let Some(limit) = listener.concurrency_limit {
        let queue = listener.queue.unwrap_or(0);
        parts.push(format!("concurrency limit {limit}, queue {queue}"));
    }
    if let Some(limit) = listener.rate_limit {
        parts.push(format!("rate limit {limit}"));
    }
    if let Some(bandwidth) = listener.bandwidth {
        parts.push(format!("bandwidth {bandwidth}"));
    }
    let delays = listener.accept_delay.iter();
    parts.extend(delays.map(|delay| format!("accept delay {delay}")));
    let refusals = listener.refuse.iter();
    parts.extend(refusals.map(|window| format!("refuses connections {window}")));
    if parts.is_empty() {
        CLEAN.to_owned()
    } else {
        parts.join(", ")
    }
}

/// A function that ends the wait for requests in progress, and stores an exit code.
pub(super) fn stop_now(
    running: &[RunningListener],
    stopped: &Arc<OnceLock<u8>>,
) -> impl Fn(u8) + Send + 'static {
    let handles = running.iter().map(|running| running.server.stop_handle());
    let (handles, stopped) = (handles.collect::<Vec<_>>(), stopped.clone());
    move |code| {
        let _ = stopped.set(code);
        handles.iter().for_each(StopHandle::stop_now);
    }
}

/// What a server did that has stopped.
pub(super) struct StoppedServer {
    pub(super) name: Option<String>,
    pub(super) url: String,
    pub(super) ledger: Ledger,
}

/// Stops all servers at the same time.
pub(super) fn stop_all(
    running: Vec<RunningListener>,
    grace: Duration,
) -> Result<Vec<StoppedServer>> {
    let threads = running.into_iter().map(|RunningListener { server, .. }| {
        thread::spawn(move || StoppedServer {
            name: server.name(),
            url: server.url(),
            ledger: server.shutdown(grace),
        })
    });
    // Collects first, so that all threads run at the same time.
    let threads: Vec<_> = threads.collect();
    let stopped = threads.into_iter().map(|thread| {
        let stopped = thread.join();
        stopped.map_err(|_| anyhow!("a server panicked"))
    });
    stopped.collect()
}
