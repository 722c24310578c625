//! The server as others hold it: built, started, asked, stopped.

use crate::admission::Limits;
use crate::capacity::Capacity;
use crate::counts::Counts;
use crate::fate::Profile;
use crate::fault::FaultSpec;
use crate::latency::Latency;
use crate::ledger::Ledger;
use crate::rate_limit::{Bucket, RateLimit};
use crate::site::Site;
use crate::spec::SpecError;
use crate::worker::{Listener, Phase, Worker};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// How many connections the kernel may hold for us before they are accepted; it takes less where
/// the system's `somaxconn` is less.
const BACKLOG: i32 = 4096;

/// How many connections a server holds at most, unless told otherwise.
const CONNECTIONS: usize = 10_000;

/// A server that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The latency and the faults make no profile.
    #[error("{0}")]
    Profile(#[from] SpecError),
    /// Somebody else listens there.
    #[error("port {} of {} is taken", .0.port(), .0.ip())]
    Taken(SocketAddr),
    /// The system refuses to listen there.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The system gives no thread.
    #[error("cannot start a worker: {0}")]
    Thread(io::Error),
}

/// How a server is to be. Without further words: the embedded site, clean, on a port of the system's
/// choice on 127.0.0.1, one worker a core.
#[derive(Clone, Debug)]
pub struct Builder {
    address: SocketAddr,
    site: Option<Arc<Site>>,
    seed: u64,
    latency: Latency,
    faults: Vec<FaultSpec>,
    capacity: Option<(NonZero<usize>, usize)>,
    rate_limit: Option<RateLimit>,
    workers: Option<NonZero<usize>>,
    connections: usize,
    entries: usize,
}

impl Builder {
    /// Listens here; port 0 is a port of the system's choice.
    pub fn address(mut self, address: SocketAddr) -> Builder {
        self.address = address;
        self
    }

    /// Serves this site.
    pub fn site(mut self, site: Arc<Site>) -> Builder {
        self.site = Some(site);
        self
    }

    /// Draws every fate from this seed; 0 if none is given.
    pub fn seed(mut self, seed: u64) -> Builder {
        self.seed = seed;
        self
    }

    /// Delays answers.
    pub fn latency(mut self, latency: Latency) -> Builder {
        self.latency = latency;
        self
    }

    /// Lets a fault strike; may be called again for another one.
    pub fn fault(mut self, fault: FaultSpec) -> Builder {
        self.faults.push(fault);
        self
    }

    /// Has at most `seats` answers in service at once and `queue` requests waiting, first come, first
    /// served; answers 503 beyond that. The delay of an answer that waited begins when it is served.
    pub fn capacity(mut self, seats: NonZero<usize>, queue: usize) -> Builder {
        self.capacity = Some((seats, queue));
        self
    }

    /// Answers 429 to requests beyond this rate.
    pub fn rate_limit(mut self, limit: RateLimit) -> Builder {
        self.rate_limit = Some(limit);
        self
    }

    /// Runs this many event loops.
    pub fn workers(mut self, workers: NonZero<usize>) -> Builder {
        self.workers = Some(workers);
        self
    }

    /// Serves at most this many connections; further ones wait until one leaves.
    pub fn connections(mut self, connections: usize) -> Builder {
        self.connections = connections;
        self
    }

    /// Lets the ledger of each worker keep an entry for each of its first so many requests; none if
    /// this is not called.
    pub fn entries(mut self, entries: usize) -> Builder {
        self.entries = entries;
        self
    }

    /// Starts the server: when this returns, it can be connected to.
    ///
    /// # Errors
    /// If the odds of the faults add up to more than 100%, the port is taken, or the system refuses a
    /// socket or a thread.
    pub fn start(self) -> Result<Server, StartError> {
        let profile = Profile::new(self.seed, self.latency, self.faults)?;
        let limits = Limits {
            capacity: self
                .capacity
                .map(|(seats, queue)| Capacity::new(seats, queue)),
            bucket: self.rate_limit.map(Bucket::new),
        };
        let listener = Arc::new(Listener {
            site: self.site.unwrap_or_else(Site::embedded),
            clean: profile.is_clean() && limits.is_none(),
            limits,
            profile,
            counts: Counts::default(),
            connections: Arc::new(Semaphore::new(self.connections.min(Semaphore::MAX_PERMITS))),
            room: self.entries,
        });
        let cores = || thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let sockets = listen(self.address, self.workers.unwrap_or_else(cores))?;
        let address = sockets[0]
            .local_addr()
            .map_err(|e| StartError::Listen(self.address, e))?;
        let (phase, phases) = watch::channel(Phase::Serving);
        let (ended, ends) = mpsc::channel();
        let mut server = Server {
            address,
            phase,
            listener: listener.clone(),
            ledgers: Vec::new(),
            threads: Vec::new(),
            ends: Mutex::new(ends),
        };
        for socket in sockets {
            let (listener, ledger) = (listener.clone(), Arc::<Mutex<Ledger>>::default());
            let (phases, ended) = (phases.clone(), ended.clone());
            server.ledgers.push(ledger.clone());
            let work = move || {
                let _ended = ended;
                Worker::run(listener, ledger, socket, phases)
            };
            let name = format!("flagpole:{}", address.port());
            let thread = thread::Builder::new().name(name).spawn(work);
            server.threads.push(thread.map_err(StartError::Thread)?);
        }
        Ok(server)
    }
}

/// A server that runs. Dropping it stops it at once and frees its port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    listener: Arc<Listener>,
    ledgers: Vec<Arc<Mutex<Ledger>>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
    /// Disconnected when the last worker has ended.
    ends: Mutex<mpsc::Receiver<()>>,
}

impl Server {
    /// A server to be described and started.
    pub fn builder() -> Builder {
        Builder {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            site: None,
            seed: 0,
            latency: Latency::default(),
            faults: Vec::new(),
            capacity: None,
            rate_limit: None,
            workers: None,
            connections: CONNECTIONS,
            entries: 0,
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The root of its site, with a slash at the end: `http://127.0.0.1:8000/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What it did until now. Requests, statuses and causes are counted before the peer can see the
    /// answer, lateness and completion just after.
    pub fn ledger(&self) -> Ledger {
        let most_in_service = self.listener.limits.most_in_service();
        let mut sum = Ledger {
            most_in_service,
            ..Ledger::default()
        };
        for ledger in &self.ledgers {
            sum += &ledger.lock().unwrap_or_else(PoisonError::into_inner);
        }
        sum
    }

    /// Accepts nothing more, finishes what is under way for at most `grace`, stops, and says all it
    /// did. Blocks.
    pub fn shutdown(mut self, grace: Duration) -> Ledger {
        self.phase.send_replace(Phase::Draining);
        let deadline = Instant::now() + grace;
        // Nothing is ever sent: this waits until the workers have ended or the time is up.
        let ends = self.ends.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ends.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        self.stop();
        self.ledger()
    }

    fn stop(&mut self) {
        self.phase.send_replace(Phase::Stopped);
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    eprintln!("flagpole: a worker of {} failed: {error}", self.address);
                }
                // The panic has been printed where it happened; here it must not become an abort.
                Err(_panic) => {}
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A listening socket for each worker, all on one port.
fn listen(address: SocketAddr, count: NonZero<usize>) -> Result<Vec<TcpListener>, StartError> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::Taken(address),
        _ => StartError::Listen(address, error),
    };
    if address.port() != 0 {
        // With SO_REUSEPORT the system lets several processes share a port without a word. To find
        // out whether it is taken, bind it once without.
        bind(address, false).map_err(refused)?;
    }
    let first = bind(address, true).map_err(refused)?;
    let address = first.local_addr().map_err(refused)?;
    let mut sockets = vec![first];
    // Where the kernel does not spread connections over the sockets of a port, one has to do.
    let count = if cfg!(target_os = "linux") {
        count.get()
    } else {
        1
    };
    for _ in 1..count {
        sockets.push(bind(address, true).map_err(refused)?);
    }
    Ok(sockets)
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Lets a server be started again while the connections of the last one linger in TIME_WAIT.
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(shared)?;
    // A congestion control that paces, such as BBR, spreads the segments of an answer over time; what
    // delays there are is for the fates to say. Reno is part of every Linux (tcp(7)); where it is not
    // allowed, the system's own has to do.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno");
    socket.bind(&address.into())?;
    // Binding alone does not collide with a listener that set SO_REUSEADDR; listening does.
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
