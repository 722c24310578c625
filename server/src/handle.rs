//! A server that runs: its threads, and what they did until now.

use crate::net::worker::{Listener, Phase, Worker};
use crate::start_error::StartError;
use flagpole_protocol::{JournalEntry, Ledger};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often is looked whether anybody is still there.
const LOOK: Duration = Duration::from_millis(1);

/// A server that runs. Dropping it stops it at once and frees its port.
#[derive(Debug)]
pub struct ServerHandle {
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    listener: Arc<Listener>,
    ledgers: Vec<Arc<Mutex<Ledger>>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
    /// Disconnected when the last worker has ended.
    ends: Mutex<mpsc::Receiver<()>>,
}

impl ServerHandle {
    /// Lets a worker serve each of the sockets.
    pub(crate) fn start(
        listener: &Arc<Listener>,
        sockets: Vec<TcpListener>,
    ) -> Result<ServerHandle, StartError> {
        let address = sockets[0].local_addr();
        let address = address.map_err(|e| StartError::Listen(([0, 0, 0, 0], 0).into(), e))?;
        let (phase, phases) = watch::channel(Phase::Serving);
        let (ended, ends) = mpsc::channel();
        let mut server = ServerHandle {
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

    /// Between two clients that are to meet the same: waits until the first has left, for at most `patience`,
    /// and makes the limits what they were at the start. Blocks. Counts and windows of time go on.
    pub fn drain_and_reset(&self, patience: Duration) {
        let end = Instant::now() + patience;
        let mut quiet = 0;
        // Twice, for a connection may be between the system's hands and ours.
        while quiet < 2 && Instant::now() < end {
            thread::sleep(LOOK);
            quiet = if self.listener.is_idle() {
                quiet + 1
            } else {
                0
            };
        }
        self.listener.limits.refill();
    }

    /// The entries that are kept of requests that are over, in the order in which their heads were
    /// parsed: as many as [`journal_capacity`](crate::ServerBuilder::journal_capacity) asked for. On a connection that lives on, the
    /// entry may come just after the peer has read the answer.
    pub fn journal_entries(&self) -> Vec<JournalEntry> {
        let mut entries = self.ledger().entries;
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// Accepts nothing more, finishes what is under way for at most `grace`, stops, and says all it
    /// did. Blocks.
    pub(crate) fn shutdown(mut self, grace: Duration) -> Ledger {
        self.phase.send_replace(Phase::Draining);
        // Nothing is ever sent: this waits until the workers have ended or the time is up.
        let ends = self.ends.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ends.recv_timeout(grace);
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

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
