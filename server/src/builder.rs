//! The configuration of a server before it starts.

use crate::config::accept_delay::AcceptDelay;
use crate::config::bandwidth::Bandwidth;
use crate::config::cache_control::CacheControl;
use crate::config::connection_limits::ConnectionLimits;
use crate::config::listener::Listener;
use crate::config::rate_limit::RateLimit;
use crate::config::rule::Rule;
use crate::config::time_window::TimeWindow;
use crate::content::site::Site;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use crate::fate::request_counters::RequestCounters;
use crate::handle::ServerHandle;
use crate::net::limit_reports::{LimitReporter, LimitReports};
use crate::net::listener_version::ListenerVersion;
use crate::net::shared_state::SharedListener;
use crate::net::socket::{self, Listening};
use crate::net::window_clock::WindowClock;
use crate::observe::event;
use crate::observe::journal::Journal;
use crate::observe::recorder::RecordingConfig;
use crate::start_error::StartError;
use flagpole_protocol::ServerLimit;
use http::HeaderName;
use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// Default number of journal entries in memory per worker: about 4 MB.
const JOURNAL_CAPACITY: usize = 10_000;

/// The configuration of a server, to be started as `S`: [`Server`](crate::Server) or
/// [`BlockingServer`](crate::BlockingServer). Default: the built-in site without delays and faults, on a
/// free port of 127.0.0.1, with one worker per core.
#[derive(Clone)]
pub struct ServerBuilder<S> {
    addresses: Vec<SocketAddr>,
    site: Option<Arc<Site>>,
    seed: u64,
    listener: Listener,
    workers: Option<NonZero<usize>>,
    connection_limits: ConnectionLimits,
    limit_reporter: Option<LimitReporter>,
    recording: RecordingConfig,
    request_faults: bool,
    uses_tokio_timer: bool,
    server: PhantomData<fn() -> S>,
}

impl<S> ServerBuilder<S> {
    /// Sets the address to listen on; port 0 means any free port.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.addresses = vec![address];
        self
    }

    /// Sets several addresses to listen on. Those with port 0 get the port of the first one; if that is 0 too, one that is
    /// free on all of them. `0.0.0.0` and `::` cover the other addresses of their family, and `::` those of IPv4 too, if
    /// no address is one of IPv4.
    ///
    /// ```no_run
    /// # use flagpole_server::BlockingServer;
    /// use std::net::{Ipv4Addr, Ipv6Addr};
    ///
    /// let both = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
    /// let server = BlockingServer::builder().addresses(both).start()?;
    /// assert_eq!(server.addrs()[0].port(), server.addrs()[1].port());
    /// # Ok::<(), flagpole_server::StartError>(())
    /// ```
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses = addresses.into_iter().collect();
        self
    }

    /// Sets the site to serve.
    pub fn site(mut self, site: Arc<Site>) -> Self {
        self.site = Some(site);
        self
    }

    /// Sets the seed of delays and faults; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Replaces latency, faults, rules and limits by those of a listener of a
    /// [`Profile`](crate::Profile). Its port is ignored: see [`address`](ServerBuilder::address).
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listener = listener;
        self
    }

    /// Delays the responses to requests that no rule matches.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.listener.latency = latency;
        self
    }

    /// Injects a fault into responses to requests that no rule matches. Each call adds a fault.
    pub fn fault(mut self, fault: FaultSpec) -> Self {
        self.listener.faults.push(fault);
        self
    }

    /// Adds a rule. The first rule that matches a request decides its fate.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.listener.rules.push(rule);
        self
    }

    /// Serves at most `limit` requests at a time and queues up to `queue` more (FIFO); the rest get 503.
    /// The delay of a queued request starts when it leaves the queue.
    pub fn concurrency_limit(mut self, limit: NonZero<u32>, queue: u32) -> Self {
        self.listener.concurrency_limit = Some(limit.get());
        self.listener.queue = Some(queue);
        self
    }

    /// Limits the request rate; requests beyond it get 429.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.listener.rate_limit = Some(limit);
        self
    }

    /// Limits the bandwidth of all connections together.
    pub fn bandwidth(mut self, bandwidth: Bandwidth) -> Self {
        self.listener.bandwidth = Some(bandwidth);
        self
    }

    /// Delays the acceptance of connections. Each call adds a delay; the first whose window holds the time applies.
    pub fn accept_delay(mut self, delay: AcceptDelay) -> Self {
        self.listener.accept_delay.push(delay);
        self
    }

    /// Refuses connections in a window of time. Each call adds a window.
    pub fn refuse(mut self, window: TimeWindow) -> Self {
        self.listener.refuse.push(window);
        self
    }

    /// Sets the value of the `Cache-Control` field of representations; default: they have no such field.
    pub fn cache_control(mut self, value: CacheControl) -> Self {
        self.listener.cache_control = Some(value);
        self
    }

    /// Sets the number of workers (event loops); default one per core.
    pub fn workers(mut self, workers: NonZero<usize>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Sets the maximum number of open connections; default 10,000. Further connections wait until one
    /// is closed.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.connection_limits.connections = connections;
        self
    }

    /// Sets all limits on connections and requests.
    pub fn connection_limits(mut self, limits: ConnectionLimits) -> Self {
        self.connection_limits = limits;
        self
    }

    /// Calls a function when a limit on connections and requests is reached, at most every ten seconds for each limit, with
    /// the number of times since the previous call. It must not block: it runs on the thread of a worker.
    pub fn on_limit_reached(
        mut self,
        report: impl Fn(ServerLimit, u64) + Send + Sync + 'static,
    ) -> Self {
        self.limit_reporter = Some(Arc::new(report));
        self
    }

    /// Sets how many journal entries each worker holds in memory for
    /// [`journal_entries`](crate::ServerControl::journal_entries); default 10,000. The oldest entries make room for new
    /// ones. 0 makes undelayed responses slightly faster.
    pub fn journal_capacity(mut self, entries: usize) -> Self {
        self.recording.capacity = entries;
        self
    }

    /// Writes two lines for every request to a journal. Several servers can share it.
    pub fn journal(mut self, journal: Journal) -> Self {
        self.recording.journal = Some(journal);
        self
    }

    /// Sets the request fields whose values are in journal entries; default none.
    pub fn journal_fields(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.recording.fields = names.into_iter().collect();
        self
    }

    /// Sets whether a request may ask for its latency and faults, by the fields `Flagpole-Latency` and `Flagpole-Fault` or
    /// by a query such as `?flagpole=latency:50ms,fault:503`; default true.
    pub fn request_faults(mut self, are_obeyed: bool) -> Self {
        self.request_faults = are_obeyed;
        self
    }

    /// Uses tokio's timer, which is late by up to 2 ms, so that a benchmark can compare with it.
    #[doc(hidden)]
    pub fn tokio_timer(mut self) -> Self {
        self.uses_tokio_timer = true;
        self
    }

    pub(crate) fn new() -> Self {
        ServerBuilder {
            addresses: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)],
            #[cfg(feature = "embedded-flags")]
            site: Some(Site::embedded()),
            #[cfg(not(feature = "embedded-flags"))]
            site: None,
            seed: 0,
            listener: Listener::default(),
            workers: None,
            connection_limits: ConnectionLimits::default(),
            limit_reporter: None,
            recording: RecordingConfig {
                capacity: JOURNAL_CAPACITY,
                journal: None,
                emits_events: false,
                fields: Vec::new(),
            },
            request_faults: true,
            uses_tokio_timer: false,
            server: PhantomData,
        }
    }

    /// Starts the server, which accepts connections when this function returns. Blocks briefly.
    pub(crate) fn launch(self) -> Result<ServerHandle, StartError> {
        let site = self.site.ok_or(StartError::NoSite)?;
        let version = ListenerVersion::new(site, self.seed, self.listener, self.request_faults)?;
        let workers = self.workers.unwrap_or_else(socket::default_workers);
        let listening = if version.accept_schedule.refuses_at(Duration::ZERO) {
            Listening::Later
        } else {
            Listening::Now
        };
        let sockets = socket::listen(&self.addresses, workers, listening)?;
        let connections = self.connection_limits.connections;
        let connection_limits = ConnectionLimits {
            connections: connections.min(Semaphore::MAX_PERMITS),
            head_size: (self.connection_limits.head_size).max(ConnectionLimits::MIN_HEAD_SIZE),
            fields: (self.connection_limits.fields).min(ConnectionLimits::MAX_FIELDS),
            ..self.connection_limits
        };
        let start = Instant::now();
        let listener = Arc::new(SharedListener {
            versions: watch::Sender::new(Arc::new(version)),
            counters: RequestCounters::default(),
            connection_permits: Arc::new(Semaphore::new(connection_limits.connections)),
            connection_limits,
            limit_reports: LimitReports::new(self.limit_reporter),
            journal_fields: self.recording.fields.clone(),
            last_connection: AtomicU64::new(0),
            start,
            window_clock: WindowClock::new(start),
            uses_tokio_timer: self.uses_tokio_timer,
        });
        let recording = RecordingConfig {
            emits_events: event::is_wanted(),
            ..self.recording
        };
        ServerHandle::start(&listener, &recording, sockets)
    }
}

impl<S> fmt::Debug for ServerBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("addresses", &self.addresses)
            .field("seed", &self.seed)
            .field("listener", &self.listener)
            .field("connection_limits", &self.connection_limits)
            .finish_non_exhaustive()
    }
}
