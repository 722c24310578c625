//! One of a listener's workers: a thread with an event loop and a listening socket of its own.
//!
//! The kernel spreads connections over the sockets (`SO_REUSEPORT`), and little is
//! shared: the counts of requests and the limits.

use crate::content::site::Site;
use crate::fate::request_counters::Counts;
use crate::fate::rule_set::RuleSet;
use crate::limits::admission::Limits;
use crate::net::http1::connection;
use crate::net::http1::connection_state::Exchange;
use crate::net::timer::Timer;
use crate::observe::journal::Journal;
use flagpole_protocol::Ledger;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_local;

/// How often the worker looks for heads that take too long.
const TICK: Duration = Duration::from_secs(1);

/// How many ticks a peer may take to send a head, from its first byte or from when it connected.
const HEAD_TICKS: u64 = 60;

/// How long to wait after the system refused a connection, for want of descriptors for instance:
/// trying again at once would take a whole core.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// What a server is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Accepting and answering.
    Serving,
    /// Finishing what is under way; the port is free.
    Draining,
    /// Over.
    Stopped,
}

/// What the workers of a listener share.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) site: Arc<Site>,
    pub(crate) rulebook: RuleSet,
    pub(crate) limits: Limits,
    /// Nothing is ever done to an answer; asked for every request, so worked out once.
    pub(crate) clean: bool,
    pub(crate) counts: Counts,
    /// A permit for each connection that may be open, and how many there are.
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) most_connections: usize,
    /// How many entries each worker's ledger keeps.
    pub(crate) room: usize,
    /// Where every request is told of.
    pub(crate) journal: Option<Journal>,
    /// When the server was started: what windows count from.
    pub(crate) start: Instant,
}

/// One worker, as its connections see it.
#[derive(Debug)]
pub(crate) struct Worker {
    listener: Arc<Listener>,
    ledger: Arc<Mutex<Ledger>>,
    timer: Timer,
    tick: Cell<u64>,
    draining: Cell<bool>,
    register: RefCell<HashMap<u64, Weak<Exchange>>>,
    last_left: Notify,
}

impl Listener {
    /// Whether each request is told of one by one.
    pub(crate) fn tells(&self) -> bool {
        self.room > 0 || self.journal.is_some()
    }

    /// Whether no connection is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.connections.available_permits() == self.most_connections
    }
}

impl Worker {
    /// Serves until the phase is `Stopped`, or `Draining` and all is finished. Blocks.
    pub(crate) fn run(
        listener: Arc<Listener>,
        ledger: Arc<Mutex<Ledger>>,
        socket: std::net::TcpListener,
        phase: watch::Receiver<Phase>,
    ) -> io::Result<()> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())?;
        runtime.block_on(async {
            let worker = Rc::new(Worker {
                listener,
                ledger,
                timer: Timer::new()?,
                tick: Cell::new(0),
                draining: Cell::new(false),
                register: RefCell::default(),
                last_left: Notify::new(),
            });
            tokio::select! {
                never = worker.timer.drive() => match never? {},
                never = worker.sweep() => match never {},
                ended = worker.serve(TcpListener::from_std(socket)?, phase) => ended,
            }
        })
    }

    async fn serve(
        self: &Rc<Self>,
        socket: TcpListener,
        mut phase: watch::Receiver<Phase>,
    ) -> io::Result<()> {
        tokio::select! {
            // A sender that is gone is a server that was dropped: the same as stopped.
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => {}
            never = self.accept_all(&socket) => match never? {},
        }
        drop(socket);
        self.draining.set(true);
        for exchange in self.connections() {
            // Idle, within a head, or silent for ever: nothing to wait for.
            if exchange.is_endless() {
                exchange.end();
            } else {
                exchange.wake();
            }
        }
        tokio::select! {
            _ = phase.wait_for(|phase| *phase == Phase::Stopped) => {}
            () = self.all_left() => {}
        }
        Ok(())
    }

    async fn accept_all(self: &Rc<Self>, socket: &TcpListener) -> io::Result<Infallible> {
        for number in 0.. {
            let (stream, permit) = self.accept(socket).await?;
            self.take_on(stream, number, permit);
        }
        unreachable!("2^64 connections outlast the machine")
    }

    /// The next connection, once it may be held. The permit comes after the connection: a worker
    /// that waited with a permit in its hand would keep it from the one that has a peer waiting.
    async fn accept(&self, socket: &TcpListener) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let stream = loop {
            match socket.accept().await {
                Ok((stream, _peer)) => break stream,
                Err(_refused) => {
                    self.ledger().accept_errors += 1;
                    self.timer.sleep_until(Instant::now() + REFUSED_PAUSE).await;
                }
            }
        };
        let permits = self.listener.connections.clone();
        let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
        Ok((stream, permit))
    }

    fn take_on(self: &Rc<Self>, stream: TcpStream, number: u64, permit: OwnedSemaphorePermit) {
        self.ledger().connections += 1;
        // Without it an answer of more than one segment waits for the peer's acknowledgement. A
        // peer that is gone already shows at the first read.
        let _ = stream.set_nodelay(true);
        let exchange = Rc::new(Exchange::new(self.clone(), number, permit));
        self.register
            .borrow_mut()
            .insert(number, Rc::downgrade(&exchange));
        spawn_local(connection::serve(stream, exchange));
    }

    /// Ends connections whose peer takes too long to send a head.
    async fn sweep(&self) -> Infallible {
        loop {
            self.timer.sleep_until(Instant::now() + TICK).await;
            self.tick.set(self.tick.get() + 1);
            self.connections()
                .filter(|exchange| exchange.is_overdue(HEAD_TICKS))
                .for_each(|exchange| exchange.end());
        }
    }

    async fn all_left(&self) {
        while !self.register.borrow().is_empty() {
            self.last_left.notified().await;
        }
    }

    fn connections(&self) -> impl Iterator<Item = Rc<Exchange>> {
        let open: Vec<_> = self
            .register
            .borrow()
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        open.into_iter()
    }

    /// A connection is over.
    pub(crate) fn forget(&self, number: u64) {
        let mut register = self.register.borrow_mut();
        register.remove(&number);
        if register.is_empty() {
            self.last_left.notify_one();
        }
    }

    /// What is served, and how.
    pub(crate) fn listener(&self) -> &Listener {
        &self.listener
    }

    /// This worker's ledger, for a moment.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The timer that delays answers.
    pub(crate) fn timer(&self) -> &Timer {
        &self.timer
    }

    /// Seconds since the start, coarsely.
    pub(crate) fn tick(&self) -> u64 {
        self.tick.get()
    }

    /// Whether only what is under way is to be finished.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }
}
