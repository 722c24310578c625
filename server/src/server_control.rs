//! A handle to a running server, to watch and change it from any thread.

use crate::config::listener::Listener;
use crate::config::profile::Profile;
use crate::config::profile_error::ProfileError;
#[cfg(feature = "control")]
use crate::content::site::Site;
use crate::net::listener_version::ListenerVersion;
use crate::net::shared_state::SharedListener;
use crate::net::worker::ServerPhase;
use crate::observe::journal_selection::JournalSelection;
use crate::observe::request_log::RequestLog;
#[cfg(feature = "profiles")]
use crate::observe::verification::Verification;
#[cfg(feature = "profiles")]
use crate::observe::verification_report::{JournalContent, VerificationReport};
use crate::root_url::root_url;
#[cfg(feature = "profiles")]
use flagpole_protocol::SpecError;
use flagpole_protocol::{JournalEntry, Ledger};
use http::HeaderName;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The interval between checks of whether all connections are closed, or whether enough requests are over.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// A handle to a running server. Clones refer to the same server; a handle does not keep the server running, and after its
/// end shows its last counts.
///
/// ```
/// use flagpole_server::BlockingServer;
///
/// let server = BlockingServer::builder().start()?;
/// let control = server.control();
/// let mut listener = control.listener();
/// listener.latency = "20ms".parse()?;
/// control.set_listener(listener, 7)?;
/// assert_eq!(control.seed(), 7);
/// control.reset();
/// assert_eq!(control.ledger().requests, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerControl {
    addresses: Arc<[SocketAddr]>,
    listener: Arc<SharedListener>,
    logs: Arc<[Arc<Mutex<RequestLog>>]>,
    phase: watch::Receiver<ServerPhase>,
}

/// A validated configuration of a server that has not taken effect.
#[derive(Debug)]
#[must_use]
pub(crate) struct PreparedChange {
    listener: Arc<SharedListener>,
    version: ListenerVersion,
}

impl ServerControl {
    pub(crate) fn new(
        addresses: Vec<SocketAddr>,
        listener: Arc<SharedListener>,
        logs: Vec<Arc<Mutex<RequestLog>>>,
        phase: watch::Receiver<ServerPhase>,
    ) -> ServerControl {
        ServerControl {
            addresses: addresses.into(),
            listener,
            logs: logs.into(),
            phase,
        }
    }

    /// The name of the listener, if it has one.
    pub fn name(&self) -> Option<String> {
        self.listener().name
    }

    /// The first address that the server listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// The addresses that the server listens on, all with the same port.
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The root URL of the site at the first address, with a slash at the end: `http://127.0.0.1:8000/`. A server that
    /// listens on all addresses of a family has the URL of the loopback address.
    pub fn url(&self) -> String {
        root_url(self.addr())
    }

    /// The root URLs of the site, one for each address.
    pub fn urls(&self) -> Vec<String> {
        self.addresses.iter().copied().map(root_url).collect()
    }

    /// Whether the server accepts connections; false once it is being stopped.
    pub fn is_serving(&self) -> bool {
        *self.phase.borrow() == ServerPhase::Serving
    }

    /// The number of open connections.
    pub fn open_connections(&self) -> usize {
        self.listener.open_connections()
    }

    /// The latency, faults, rules and limits at the moment.
    pub fn listener(&self) -> Listener {
        self.current().content.listener.clone()
    }

    /// What is served.
    #[cfg(feature = "control")]
    pub(crate) fn site(&self) -> Arc<Site> {
        self.current().content.site.clone()
    }

    /// The seed of delays and faults at the moment.
    pub fn seed(&self) -> u64 {
        self.current().content.seed
    }

    /// Replaces latency, faults, rules, limits and seed. Requests whose head has been parsed follow the earlier
    /// configuration to their end; limits that stay the same keep their state, and request numbers continue. The port and
    /// the name stay as they are.
    ///
    /// # Errors
    /// If the configuration is invalid; then nothing changes.
    pub fn set_listener(&self, listener: Listener, seed: u64) -> Result<(), ProfileError> {
        self.prepare(listener, seed)?.apply();
        Ok(())
    }

    /// Sets the seed of a profile and its listener with the name of this one, or its only listener, as
    /// [`set_listener`](ServerControl::set_listener) does.
    ///
    /// # Errors
    /// If the profile has no such listener, or if its configuration is invalid; then nothing changes.
    pub fn set_profile(&self, profile: &Profile) -> Result<(), ProfileError> {
        let (name, listeners) = (self.name(), profile.listeners.as_slice());
        let listener = match listeners {
            [only] => Some(only),
            several => several
                .iter()
                .find(|one| name.is_some() && one.name == name),
        };
        let missing = || {
            let name = name.as_deref().unwrap_or_default();
            let count = listeners.len();
            ProfileError::from_display(format!(
                "expected one listener, or one with the name `{name}`, got {count} listeners"
            ))
        };
        let listener = listener.ok_or_else(missing)?;
        self.set_listener(listener.clone(), profile.seed)
    }

    /// Validates what [`set_listener`](ServerControl::set_listener) would set, so that several servers can be changed
    /// together or not at all.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub(crate) fn prepare(
        &self,
        mut listener: Listener,
        seed: u64,
    ) -> Result<PreparedChange, ProfileError> {
        let current = self.current();
        let before = &current.content.listener;
        (listener.name, listener.port) = (before.name.clone(), before.port);
        let version = current.next(seed, listener)?;
        let listener = self.listener.clone();
        Ok(PreparedChange { listener, version })
    }

    /// The counts of all workers. Requests, statuses and causes are counted before the peer can receive the response,
    /// lateness and completion just after.
    pub fn ledger(&self) -> Ledger {
        self.sum_ledgers(|log| log.ledger().clone())
    }

    /// The counts of all workers, which start from 0 again, and so does the journal in memory; the peak concurrency is that
    /// since the start or the last reset. Requests that began earlier are in no later count.
    pub fn take_ledger(&self) -> Ledger {
        self.sum_ledgers(RequestLog::reset)
    }

    fn sum_ledgers(&self, read: impl Fn(&mut RequestLog) -> Ledger) -> Ledger {
        let mut sum = Ledger::default();
        sum.peak_concurrency = self.current().limits.peak_concurrency();
        for ledger in self.read_logs(read) {
            sum += &ledger;
        }
        sum
    }

    /// What `read` makes of the log of each worker.
    fn read_logs<T>(&self, read: impl Fn(&mut RequestLog) -> T) -> Vec<T> {
        let lock =
            |log: &Mutex<RequestLog>| read(&mut log.lock().unwrap_or_else(PoisonError::into_inner));
        self.logs.iter().map(|log| lock(log)).collect()
    }

    /// The journal entries in memory since the start or the last reset, by their number; the newest
    /// [`journal_capacity`](crate::ServerBuilder::journal_capacity) of each worker. An entry is there before the first byte
    /// of the response, and complete before its connection closes; on a connection that stays open, perhaps only just after
    /// the peer has read the response.
    pub fn journal_entries(&self) -> Vec<JournalEntry> {
        JournalSelection::newest(self.logs(), usize::MAX).read_all()
    }

    /// The logs of all workers.
    pub(crate) fn logs(&self) -> impl Iterator<Item = Arc<Mutex<RequestLog>>> {
        self.logs.iter().cloned()
    }

    /// Compares the requests since the start or the last reset with what a test expects of them.
    ///
    /// # Errors
    /// If the verification is contradictory, or has a condition on a field that is not in journal entries.
    #[cfg(feature = "profiles")]
    pub fn verify(&self, verification: &Verification) -> Result<VerificationReport, SpecError> {
        let (requests, entries) = (self.ledger().requests, self.journal_entries());
        let journal = JournalContent::new(&entries, requests, self.journal_fields());
        verification.evaluate(&journal)
    }

    /// The number of journal entries since the start or the last reset that made room for newer ones.
    pub fn journal_entries_dropped(&self) -> u64 {
        self.read_logs(|log| log.dropped()).into_iter().sum()
    }

    /// The request fields whose values are in journal entries.
    pub fn journal_fields(&self) -> &[HeaderName] {
        &self.listener.journal_fields
    }

    /// The number of requests that are over since the start or the last reset: their response is complete, or the connection
    /// has ended.
    pub fn requests_over(&self) -> u64 {
        let ended = self.read_logs(|log| log.ledger().ended());
        ended.into_iter().sum()
    }

    /// Waits until `requests` requests are over since the start or the last reset, for at most `timeout`. Returns whether
    /// they are. Blocks.
    pub fn wait(&self, requests: u64, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        while self.requests_over() < requests {
            if Instant::now() >= end {
                return false;
            }
            thread::sleep(POLL_INTERVAL);
        }
        true
    }

    /// Forgets all earlier requests: request numbers, redirects that were sent, the state of limits and all counts are those
    /// of a new server, and time windows of rules count from the next request. Returns the counts until then.
    pub fn reset(&self) -> Ledger {
        self.listener.counters.reset();
        self.reset_limits();
        let ledger = self.take_ledger();
        self.current().limits.reset_peak();
        ledger
    }

    /// Waits until all connections are closed, for at most `timeout`, and (even after `timeout`) resets what depends on
    /// earlier clients: the next client meets a full token bucket, and the time windows of rules count from its first
    /// request. Request counts and the peak concurrency continue. Blocks.
    pub fn drain_and_reset(&self, timeout: Duration) {
        self.drain(timeout);
        self.reset_limits();
    }

    /// Waits until all connections are closed, for at most `timeout`. Returns whether they are. Blocks.
    pub fn drain(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let mut idle_checks = 0;
        // A second check, an interval later, because the kernel may hold a connection that no worker has accepted yet.
        while idle_checks < 2 && Instant::now() < end {
            thread::sleep(POLL_INTERVAL);
            idle_checks = if self.listener.open_connections() == 0 {
                idle_checks + 1
            } else {
                0
            };
        }
        idle_checks == 2
    }

    fn reset_limits(&self) {
        self.current().limits.reset();
        self.listener.window_clock.reset();
    }

    fn current(&self) -> Arc<ListenerVersion> {
        self.listener.versions.borrow().clone()
    }
}

impl PreparedChange {
    /// Makes the configuration take effect.
    pub(crate) fn apply(self) {
        self.listener.versions.send_replace(Arc::new(self.version));
    }
}
