//! A running server: its threads and their ledgers, the counts of what each thread did.

use crate::net::shared_state::SharedListener;
use crate::net::worker::{ServerPhase, Worker};
use crate::start_error::StartError;
use flagpole_protocol::{JournalEntry, Ledger};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The interval between checks of whether all connections are closed.
const IDLE_POLL_INTERVAL: Duration = Duration::from_millis(1);

/// A running server: the part that [`Server`](crate::Server) and [`BlockingServer`](crate::BlockingServer) share.
/// Dropping it closes all connections and frees the port.
#[derive(Debug)]
pub struct ServerHandle {
    address: SocketAddr,
    phase: watch::Sender<ServerPhase>,
    listener: Arc<SharedListener>,
    ledgers: Vec<Arc<Mutex<Ledger>>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
    /// Disconnected when the last worker has ended.
    workers_done: Mutex<mpsc::Receiver<()>>,
}

/// Ends the grace of a shutdown, from another thread.
#[derive(Clone, Debug)]
pub struct StopHandle(watch::Sender<ServerPhase>);

impl StopHandle {
    /// Closes all connections now, which ends the responses in progress. The shutdown returns as soon as the workers have
    /// ended.
    pub fn stop_now(&self) {
        self.0.send_replace(ServerPhase::Stopped);
    }
}

impl ServerHandle {
    /// Starts a worker for each of the sockets.
    pub(crate) fn start(
        listener: &Arc<SharedListener>,
        sockets: Vec<TcpListener>,
    ) -> Result<ServerHandle, StartError> {
        let address = sockets[0].local_addr();
        let address = address.map_err(|e| StartError::Listen(([0, 0, 0, 0], 0).into(), e))?;
        let (phase, phases) = watch::channel(ServerPhase::Serving);
        let (done_sender, workers_done) = mpsc::channel();
        let mut server = ServerHandle {
            address,
            phase,
            listener: listener.clone(),
            ledgers: Vec::new(),
            threads: Vec::new(),
            workers_done: Mutex::new(workers_done),
        };
        for socket in sockets {
            let (listener, ledger) = (listener.clone(), Arc::<Mutex<Ledger>>::default());
            let (phases, done_sender) = (phases.clone(), done_sender.clone());
            server.ledgers.push(ledger.clone());
            let work = move || {
                let _done_sender = done_sender;
                Worker::run(listener, ledger, socket, phases)
            };
            let name = format!("flagpole:{}", address.port());
            let thread = thread::Builder::new().name(name).spawn(work);
            server.threads.push(thread.map_err(StartError::Thread)?);
        }
        Ok(server)
    }

    /// The address that the server listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The root URL of the site, with a slash at the end: `http://127.0.0.1:8000/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The counts of all workers. Requests, statuses and causes are counted before the peer can receive
    /// the response, lateness and completion just after.
    pub fn ledger(&self) -> Ledger {
        self.sum_ledgers(|ledger| ledger.clone())
    }

    /// The counts of all workers, which start from 0 again; the peak concurrency is that since the start.
    pub fn take_ledger(&self) -> Ledger {
        self.sum_ledgers(std::mem::take)
    }

    fn sum_ledgers(&self, read: impl Fn(&mut Ledger) -> Ledger) -> Ledger {
        let mut sum = Ledger::default();
        sum.peak_concurrency = self.listener.limits.peak_concurrency();
        for ledger in &self.ledgers {
            sum += &read(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner));
        }
        sum
    }

    /// Waits until all connections are closed, for at most `timeout`, and (even after `timeout`) resets what depends on
    /// earlier clients: the next client meets a full token bucket, and the time windows of rules count from its first
    /// request. Request counts and the peak concurrency continue. Blocks.
    pub fn drain_and_reset(&self, timeout: Duration) {
        let end = Instant::now() + timeout;
        let mut idle_checks = 0;
        // A second check, an interval later, because the kernel may hold a connection that no worker has accepted yet.
        while idle_checks < 2 && Instant::now() < end {
            thread::sleep(IDLE_POLL_INTERVAL);
            idle_checks = if self.listener.open_connections() == 0 {
                idle_checks + 1
            } else {
                0
            };
        }
        self.listener.limits.reset();
        self.listener.window_clock.reset();
    }

    /// The journal entries in memory, in the order in which the request heads were parsed; at most
    /// [`journal_capacity`](crate::ServerBuilder::journal_capacity) per worker. The entry of a
    /// request is there before its connection closes; on a connection that stays open, perhaps only just after the peer
    /// has read the response.
    pub fn journal_entries(&self) -> Vec<JournalEntry> {
        self.ledger().entries
    }

    /// A handle that ends the grace of a shutdown.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle(self.phase.clone())
    }

    /// Stops accepting connections, gives the requests in progress at most `grace` to finish, and stops.
    /// Returns the final ledger. Blocks.
    pub(crate) fn shutdown(mut self, grace: Duration) -> Ledger {
        // A `StopHandle` may have been quicker.
        self.phase.send_if_modified(|phase| {
            let is_serving = *phase == ServerPhase::Serving;
            if is_serving {
                *phase = ServerPhase::Draining;
            }
            is_serving
        });
        let workers_done = self
            .workers_done
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        // No value is ever sent: the wait ends when all senders are dropped, or after `grace`.
        let _ = workers_done.recv_timeout(grace);
        self.stop();
        self.ledger()
    }

    fn stop(&mut self) {
        self.phase.send_replace(ServerPhase::Stopped);
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(())) => {}
                // Printed, because `drop` cannot return an error.
                Ok(Err(error)) => {
                    eprintln!("flagpole: a worker of {} failed: {error}", self.address);
                }
                // The panic was printed by the thread; a second panic in `drop` while unwinding would abort the
                // process.
                Err(_panic) => {}
            }
        }
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
