//! Starts the servers of a profile, describes and stops them.

use crate::commands::serve::limit_notes::LimitNotes;
use anyhow::{Result, anyhow};
use flagpole_protocol::Ledger;
use flagpole_server::config::listener::Listener;
use flagpole_server::{
    BlockingServer, ConnectionLimits, Journal, Profile, Site, StartError, StopHandle,
};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// The server of one listener.
pub(super) struct RunningListener {
    pub(super) name: String,
    pub(super) server: BlockingServer,
    /// The delays, faults and limits of the listener.
    description: String,
}

/// Starts a server for each listener of the profile.
pub(super) fn start_all(
    profile: &Profile,
    address: IpAddr,
    site: &Arc<Site>,
    journal: Option<&Journal>,
    limits: ConnectionLimits,
    notes: Option<&LimitNotes>,
    request_faults: bool,
) -> Result<Vec<RunningListener>> {
    let start = |listener: &Listener| {
        let port = listener.port.unwrap_or_default();
        let name = listener.name.clone().unwrap_or_default();
        let mut builder = BlockingServer::builder()
            .address(SocketAddr::new(address, port))
            .site(site.clone())
            .seed(profile.seed)
            .listener(listener.clone())
            .journal_capacity(0)
            .request_faults(request_faults)
            .connection_limits(limits);
        let url = Arc::<OnceLock<String>>::default();
        if let Some(notes) = notes {
            builder = builder.on_limit_reached(notes.reporter(limits, url.clone()));
        }
        if let Some(journal) = journal {
            builder = builder.journal(if name.is_empty() {
                journal.clone()
            } else {
                journal.for_listener(&name)
            });
        }
        let server = builder.start().map_err(|error| name_option(&error))?;
        let _ = url.set(server.url());
        Ok(RunningListener {
            name,
            server,
            description: describe(listener),
        })
    };
    profile.listeners.iter().map(start).collect()
}

/// The error with the option that causes it.
fn name_option(error: &StartError) -> anyhow::Error {
    match error {
        StartError::Profile(_) => anyhow!("--profile: {error}"),
        StartError::PortInUse(_) => anyhow!("--port: {error}; choose another with `--port`"),
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
        "clean".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The URLs of the servers, and commands to try.
pub(super) fn greeting(running: &[RunningListener], seed: u64) -> String {
    let mut text = format!("Serving flags (seed {seed}; press Ctrl-C to stop):\n\n");
    for RunningListener {
        name,
        server,
        description,
    } in running
    {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<5}  {}flags/  {description}", server.url());
    }
    let last = running.last().expect("a profile has at least one listener");
    let url = last.server.url();
    let _ = write!(
        text,
        "\nTry:\n  curl -i {url}flags/br/br.gif\n  flagpole get --url {url}\n"
    );
    text
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

/// Stops all servers at the same time; returns the name with the URL, and the ledger, of each.
pub(super) fn stop_all(
    running: Vec<RunningListener>,
    grace: Duration,
) -> Result<Vec<(String, Ledger)>> {
    let threads = running.into_iter().map(|running| {
        thread::spawn(move || {
            let title = format!("{} http://{}/", running.name, running.server.addr());
            let ledger = running.server.shutdown(grace);
            (title.trim_start().to_owned(), ledger)
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
