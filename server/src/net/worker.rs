//! A worker of a listener: a thread with an event loop and listening sockets of its own, one for each address.
//!
//! The kernel distributes connections over the sockets (`SO_REUSEPORT`). The only state that workers both
//! read and change is the request counters and the limits.

use crate::net::http1::connection;
use crate::net::http1::connection_state::ConnectionState;
use crate::net::http1::phase::Termination;
use crate::net::memory_release::MemoryRelease;
use crate::net::shared_state::{SharedListener, WorkerContext};
use crate::net::socket::{self, LocalAddress};
use crate::net::system_calls;
use crate::net::tcp_socket::TcpSocket;
use crate::observe::rate_bound::RateBound;
use crate::observe::recorder::Recorder;
use flagpole_protocol::ServerLimit;
use socket2::SockRef;
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::future;
use std::io;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tokio::task::{JoinSet, spawn_local};

/// Interval between checks for slow peers and unused memory.
const TICK: Duration = Duration::from_secs(1);

/// Pause after a failed `accept`, for example when file descriptors run out; an immediate retry would
/// occupy a core.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// The phases of a server's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ServerPhase {
    /// Connections are accepted and requests served.
    Serving,
    /// The port is free; requests in progress are finished.
    Draining,
    /// All connections are closed.
    Stopped,
}

/// One worker and its open connections.
#[derive(Debug)]
pub(crate) struct Worker {
    context: Rc<WorkerContext>,
    connections: RefCell<HashMap<u64, Weak<ConnectionState>>>,
    /// Bounds the journal entries of failed accepts.
    accept_errors: RefCell<RateBound>,
    memory_release: RefCell<MemoryRelease>,
    /// Notified when the last open connection is closed.
    last_closed: Notify,
}

/// Keeps a connection registered with its worker, and holds the permit of the connection.
struct Registration {
    worker: Rc<Worker>,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.worker.deregister(self.number);
    }
}

impl Worker {
    /// Serves until the phase is `Stopped`, or until it is `Draining` and all connections are closed. Blocks.
    ///
    /// # Errors
    /// If the event loop, the timer or the socket fails.
    pub(crate) fn run(
        listener: Arc<SharedListener>,
        recorder: Recorder,
        sockets: Vec<std::net::TcpListener>,
        phase: watch::Receiver<ServerPhase>,
    ) -> io::Result<()> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())?;
        runtime.block_on(async {
            let worker = Rc::new(Worker {
                context: Rc::new(WorkerContext::new(listener, recorder)?),
                connections: RefCell::default(),
                accept_errors: RefCell::default(),
                memory_release: RefCell::default(),
                last_closed: Notify::new(),
            });
            tokio::select! {
                never = worker.context.timer.drive() => match never? {},
                never = worker.tick() => match never {},
                result = worker.serve(sockets, phase) => result,
            }
        })
    }

    async fn serve(
        self: &Rc<Self>,
        sockets: Vec<std::net::TcpListener>,
        mut phase: watch::Receiver<ServerPhase>,
    ) -> io::Result<()> {
        tokio::select! {
            // An error means that the sender, and so the server, was dropped: the same as `Stopped`.
            _ = phase.wait_for(|phase| *phase != ServerPhase::Serving) => {}
            never = self.listen_all(sockets) => match never? {},
        }
        self.context.draining.set(true);
        for connection in self.open_connections() {
            if connection.is_idle_or_hanging() {
                connection.terminate(Termination::Stop);
            } else {
                connection.wake();
            }
        }
        tokio::select! {
            _ = phase.wait_for(|phase| *phase == ServerPhase::Stopped) => {}
            () = self.wait_idle() => {}
        }
        Ok(())
    }

    /// Accepts connections at all of these sockets, one for each address. Each has a task, so that many connections to one
    /// address leave the others their turn.
    async fn listen_all(
        self: &Rc<Self>,
        sockets: Vec<std::net::TcpListener>,
    ) -> io::Result<Infallible> {
        let mut tasks = JoinSet::new();
        for socket in sockets {
            let (worker, socket) = (self.clone(), TcpListener::from_std(socket)?);
            tasks.spawn_local(async move { worker.listen(socket).await });
        }
        match tasks.join_next().await {
            Some(ended) => ended?,
            None => future::pending().await,
        }
    }

    /// Accepts connections, except while the listener refuses them: then it has no listening socket.
    async fn listen(self: &Rc<Self>, socket: TcpListener) -> io::Result<Infallible> {
        let listener = &self.context.listener;
        let mut versions = listener.versions.subscribe();
        let address = LocalAddress::of_socket(&SockRef::from(&socket))?;
        let mut reservation = None;
        // A socket of a server that refuses at its start does not listen.
        let refuses = self
            .context
            .version()
            .accept_schedule
            .refuses_at(Duration::ZERO);
        let mut socket = Some(socket).filter(|_| !refuses);
        loop {
            versions.mark_unchanged();
            let version = self.context.version();
            let (schedule, elapsed) = (&version.accept_schedule, listener.start.elapsed());
            if schedule.ever_refuses() && reservation.is_none() {
                reservation = Some(socket::reserve(address)?);
            }
            if schedule.refuses_at(elapsed) {
                socket = None;
            } else if socket.is_none() {
                socket = Some(TcpListener::from_std(socket::listen_again(address)?)?);
            }
            let next_change = schedule.next_change(elapsed);
            tokio::select! {
                never = self.accept_all(socket.as_ref()) => match never? {},
                () = self.sleep_until(next_change.map(|time| listener.start + time)) => {}
                // The listener holds the sender, so this is no error.
                _ = versions.changed() => {}
            }
        }
    }

    /// Waits until an instant; without end if there is none.
    async fn sleep_until(&self, at: Option<Instant>) {
        match at {
            Some(at) => self.context.timer.sleep_until(at).await,
            None => future::pending().await,
        }
    }

    /// Accepts connections at a socket; waits without end if there is none.
    async fn accept_all(self: &Rc<Self>, socket: Option<&TcpListener>) -> io::Result<Infallible> {
        let Some(socket) = socket else {
            return future::pending().await;
        };
        loop {
            let (stream, permit) = self.accept(socket).await?;
            let last_connection = &self.context.listener.last_connection;
            let number = last_connection.fetch_add(1, Relaxed) + 1;
            self.spawn_connection(stream, number, permit);
        }
    }

    /// Accepts a connection, then waits until one more connection may be open. In the opposite order a
    /// worker that no peer connects to would hold a permit that another worker needs.
    async fn accept(&self, socket: &TcpListener) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let context = &self.context;
        let stream = loop {
            match socket.accept().await {
                Ok((stream, _peer)) => break stream,
                Err(error) => {
                    if is_out_of_files(&error) {
                        context.count_limit(ServerLimit::OpenFiles);
                    }
                    self.record_accept_error(&error);
                    let retry_at = Instant::now() + ACCEPT_RETRY_DELAY;
                    context.timer.sleep_until(retry_at).await;
                }
            }
        };
        let permits = &context.listener.connection_permits;
        let permit = match permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_none_left) => {
                context.count_limit(ServerLimit::Connections);
                let permit = permits.clone().acquire_owned().await;
                permit.map_err(io::Error::other)?
            }
        };
        Ok((stream, permit))
    }

    fn record_accept_error(&self, error: &io::Error) {
        let recorder = &self.context.recorder;
        recorder.count(|ledger| ledger.accept_errors += 1);
        let due = self.accept_errors.borrow_mut().count(Instant::now());
        if let Some(count) = due {
            let error = format!("cannot accept a connection: {error}");
            recorder.record_error(None, None, &error, count);
        }
    }

    fn spawn_connection(
        self: &Rc<Self>,
        stream: TcpStream,
        number: u64,
        permit: OwnedSemaphorePermit,
    ) {
        let recorder = &self.context.recorder;
        recorder.count(|ledger| ledger.connections += 1);
        // Without TCP_NODELAY the second segment of a response waits for the peer's acknowledgement.
        // If the peer has already gone, the first read reports it.
        let _ = stream.set_nodelay(true);
        let (socket, handle) = TcpSocket::new(stream);
        let state = Rc::new(ConnectionState::new(self.context.clone(), handle, number));
        let registration = self.register(number, &state, permit);
        let delay = self.context.accept_delay();
        spawn_local(async move {
            if let Some(delay) = delay {
                // To the peer it makes no difference that the system's connection is accepted already.
                let accept_at = Instant::now() + delay;
                state.worker.timer.sleep_until(accept_at).await;
            }
            connection::serve(socket, state).await;
            // Only now is the connection's last request in the ledger.
            drop(registration);
        });
    }

    fn register(
        self: &Rc<Self>,
        number: u64,
        state: &Rc<ConnectionState>,
        permit: OwnedSemaphorePermit,
    ) -> Registration {
        let mut connections = self.connections.borrow_mut();
        connections.insert(number, Rc::downgrade(state));
        let open = self.context.listener.open_connections();
        self.memory_release.borrow_mut().record(open);
        Registration {
            worker: self.clone(),
            number,
            _permit: permit,
        }
    }

    fn deregister(&self, number: u64) {
        let mut connections = self.connections.borrow_mut();
        connections.remove(&number);
        if connections.is_empty() {
            self.last_closed.notify_one();
        }
    }

    /// Every second ends connections whose peer is too slow, and after a rest releases memory.
    async fn tick(&self) -> Infallible {
        loop {
            let next_tick = Instant::now() + TICK;
            self.context.timer.sleep_until(next_tick).await;
            self.context.tick.update(|tick| tick + 1);
            self.context.recorder.read_clock();
            let limits = &self.context.listener.connection_limits;
            for connection in self.open_connections() {
                if let Some(why) = connection.overdue(limits) {
                    connection.terminate(why);
                }
            }
            let is_idle = self.context.listener.open_connections() == 0;
            if self.memory_release.borrow_mut().is_due(is_idle) {
                system_calls::release_freed_memory();
            }
        }
    }

    async fn wait_idle(&self) {
        while !self.connections.borrow().is_empty() {
            self.last_closed.notified().await;
        }
    }

    fn open_connections(&self) -> impl Iterator<Item = Rc<ConnectionState>> {
        let open: Vec<_> = self
            .connections
            .borrow()
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        open.into_iter()
    }
}

/// Whether the process or the system has no more file descriptors.
fn is_out_of_files(error: &io::Error) -> bool {
    #[cfg(target_os = "linux")]
    return matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
    #[cfg(not(target_os = "linux"))]
    return error.kind() == io::ErrorKind::Other;
}
