//! A running server: its threads and their ledgers, the counts of what each thread did.

use crate::net::shared_state::SharedListener;
use crate::net::worker::{ServerPhase, Worker};
use crate::observe::recorder::{Recorder, RecordingConfig};
use crate::observe::request_log::RequestLog;
use crate::server_control::ServerControl;
use crate::start_error::StartError;
use flagpole_protocol::Ledger;
use std::io;
use std::net::TcpListener;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::watch;

/// A running server: the part that [`Server`](crate::Server) and [`BlockingServer`](crate::BlockingServer) share.
/// Dropping it closes all connections and frees the port.
#[derive(Debug)]
pub struct ServerHandle {
    control: ServerControl,
    phase: watch::Sender<ServerPhase>,
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
    /// Starts a worker for each group of sockets: one for each address.
    pub(crate) fn start(
        listener: &Arc<SharedListener>,
        recording: &RecordingConfig,
        sockets: Vec<Vec<TcpListener>>,
    ) -> Result<ServerHandle, StartError> {
        let addresses = sockets[0].iter().map(TcpListener::local_addr);
        let addresses: io::Result<Vec<_>> = addresses.collect();
        let addresses = addresses.map_err(|e| StartError::Listen(([0, 0, 0, 0], 0).into(), e))?;
        let port = addresses[0].port();
        let (phase, phases) = watch::channel(ServerPhase::Serving);
        let (done_sender, workers_done) = mpsc::channel();
        let log = || Arc::new(Mutex::new(RequestLog::new(recording.capacity)));
        let logs: Vec<_> = sockets.iter().map(|_| log()).collect();
        let mut server = ServerHandle {
            control: ServerControl::new(addresses, listener.clone(), logs.clone(), phases.clone()),
            phase,
            threads: Vec::new(),
            workers_done: Mutex::new(workers_done),
        };
        for (sockets, log) in sockets.into_iter().zip(logs) {
            let listener = listener.clone();
            let (phases, done_sender) = (phases.clone(), done_sender.clone());
            // Only workers have the journal, so that its end does not wait for handles to the server.
            let name = listener.versions.borrow().content.listener.name.clone();
            let recorder = Recorder::new(recording.clone(), log, name.as_deref(), listener.start);
            let work = move || {
                let _done_sender = done_sender;
                Worker::run(listener, recorder, sockets, phases)
            };
            let name = format!("flagpole:{port}");
            let thread = thread::Builder::new().name(name).spawn(work);
            server.threads.push(thread.map_err(StartError::Thread)?);
        }
        Ok(server)
    }

    /// A handle that other threads can watch and change the server with.
    pub fn control(&self) -> ServerControl {
        self.control.clone()
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
        let address = self.addr();
        self.phase.send_replace(ServerPhase::Stopped);
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(())) => {}
                // Printed, because `drop` cannot return an error.
                Ok(Err(error)) => {
                    eprintln!("flagpole: a worker of {address} failed: {error}");
                }
                // The panic was printed by the thread; a second panic in `drop` while unwinding would abort the
                // process.
                Err(_panic) => {}
            }
        }
    }
}

impl Deref for ServerHandle {
    type Target = ServerControl;

    fn deref(&self) -> &ServerControl {
        &self.control
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
