//! How a server is to be: everything about it that is known before it starts.

use crate::config::listener::Listener;
use crate::config::rule::Rule;
use crate::content::site::Site;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use crate::fate::request_counters::Counts;
use crate::fate::rule_set::RuleSet;
use crate::handle::ServerHandle;
use crate::limits::admission::Limits;
use crate::limits::concurrency::ConcurrencyLimit;
use crate::limits::rate::{RateLimit, TokenBucket};
use crate::net::{socket, worker};
use crate::observe::journal::Journal;
use crate::start_error::StartError;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use tokio::sync::Semaphore;

/// How many entries each worker keeps, unless told otherwise: about 2 MB.
const ENTRIES: usize = 10_000;

/// How many connections a server holds at most, unless told otherwise.
const CONNECTIONS: usize = 10_000;

/// How a server is to be, which is then started as an `S`: a [`Server`](crate::Server) or a
/// [`BlockingServer`](crate::BlockingServer). Without further words: the embedded site, clean, on
/// a port of the system's choice on 127.0.0.1, one worker a core.
#[derive(Clone, Debug)]
pub struct ServerBuilder<S> {
    address: SocketAddr,
    site: Option<Arc<Site>>,
    seed: u64,
    listener: Listener,
    workers: Option<NonZero<usize>>,
    connections: usize,
    entries: usize,
    journal: Option<Journal>,
    server: PhantomData<fn() -> S>,
}

impl<S> ServerBuilder<S> {
    /// Listens here; port 0 is a port of the system's choice.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Serves this site.
    pub fn site(mut self, site: Arc<Site>) -> Self {
        self.site = Some(site);
        self
    }

    /// Draws every fate from this seed; 0 if none is given.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Does all that this listener of a [`Profile`](crate::Profile) says, and nothing that was said
    /// before, but for its port: where to listen is said by [`address`](ServerBuilder::address).
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listener = listener;
        self
    }

    /// Delays answers that no rule decides.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.listener.latency = latency;
        self
    }

    /// Lets a fault strike answers that no rule decides; may be called again for another one.
    pub fn fault(mut self, fault: FaultSpec) -> Self {
        self.listener.faults.push(fault);
        self
    }

    /// Lets a rule decide about the requests that it matches, and that none before it does; may be
    /// called again for the next one.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.listener.rules.push(rule);
        self
    }

    /// Has at most `seats` answers in service at once and `queue` requests waiting, first come, first
    /// served; answers 503 beyond that. The delay of an answer that waited begins when it is served.
    pub fn concurrency_limit(mut self, seats: NonZero<u32>, queue: u32) -> Self {
        self.listener.capacity = Some(seats.get());
        self.listener.queue = Some(queue);
        self
    }

    /// Answers 429 to requests beyond this rate.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.listener.rate_limit = Some(limit);
        self
    }

    /// Runs this many event loops.
    pub fn workers(mut self, workers: NonZero<usize>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Serves at most this many connections; further ones wait until one leaves.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Keeps an entry in memory for each of the first so many requests of each worker, for
    /// [`ServerHandle::journal_entries`]; 10,000 if this is not called. With 0 a clean answer is a little quicker.
    pub fn journal_capacity(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// Writes an entry for every request to a journal.
    pub fn journal(mut self, journal: Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    pub(crate) fn new() -> Self {
        ServerBuilder {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            site: None,
            seed: 0,
            listener: Listener::default(),
            workers: None,
            connections: CONNECTIONS,
            entries: ENTRIES,
            journal: None,
            server: PhantomData,
        }
    }

    /// Starts: when this returns, the server can be connected to. Blocks, though not for long.
    pub(crate) fn launch(self) -> Result<ServerHandle, StartError> {
        self.listener.check()?;
        let rulebook = RuleSet::new(self.seed, &self.listener)
            .expect("odds above 100% have been found by the check");
        let limits = self.limits();
        let cores = || thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let sockets = socket::listen(self.address, self.workers.unwrap_or_else(cores))?;
        let most_connections = self.connections.min(Semaphore::MAX_PERMITS);
        let listener = Arc::new(worker::Listener {
            site: self.site.unwrap_or_else(Site::embedded),
            clean: rulebook.is_clean() && limits.is_none(),
            limits,
            rulebook,
            counts: Counts::default(),
            connections: Arc::new(Semaphore::new(most_connections)),
            most_connections,
            room: self.entries,
            journal: self.journal,
            start: Instant::now(),
        });
        ServerHandle::start(&listener, sockets)
    }

    fn limits(&self) -> Limits {
        let places = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let seats = self
            .listener
            .capacity
            .and_then(|seats| NonZero::new(places(seats)));
        let queue = places(self.listener.queue.unwrap_or(0));
        Limits {
            capacity: seats.map(|seats| ConcurrencyLimit::new(seats, queue)),
            bucket: self.listener.rate_limit.map(TokenBucket::new),
        }
    }
}
