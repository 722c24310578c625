//! A listener with a separate thread, which answers requests by a router until it is dropped.

use super::connections::Connections;
use super::slot::ConnectionSlots;
use super::stopping::Stopping;
use crate::start_error::StartError;
use axum::Router;
use socket2::SockRef;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;

/// The number of connections that wait to be accepted; a peer would wait a second for one that found no place.
const BACKLOG: i32 = 1024;

/// A listener and its thread. Dropping it ends its calls and frees the port.
#[derive(Debug)]
pub(super) struct ListenerThread {
    pub(super) address: SocketAddr,
    /// Set to true when the listener stops.
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// What a listener needs to start.
pub(super) struct ListenerConfig {
    pub(super) address: SocketAddr,
    pub(super) thread_name: &'static str,
    /// Called at the start of the thread.
    pub(super) on_start: fn(),
    pub(super) slots: Arc<ConnectionSlots>,
    /// The host name that the user gave to the listener.
    pub(super) own_name: Option<Arc<str>>,
    /// The time that responses have to end when the listener stops.
    pub(super) stop_grace: Duration,
}

impl ListenerThread {
    /// Starts a listener, which accepts connections when this function returns.
    ///
    /// # Errors
    /// If the port is taken, or the socket or the thread cannot be created.
    pub(super) fn start(
        config: ListenerConfig,
        router: impl FnOnce(Stopping) -> Router,
    ) -> Result<ListenerThread, StartError> {
        let listener =
            StdTcpListener::bind(config.address).map_err(|error| match error.kind() {
                ErrorKind::AddrInUse => StartError::PortInUse(config.address),
                _ => StartError::Listen(config.address, error),
            })?;
        let at = |error| StartError::Listen(config.address, error);
        let address = listener.local_addr().map_err(at)?;
        listener.set_nonblocking(true).map_err(at)?;
        SockRef::from(&listener).listen(BACKLOG).map_err(at)?;
        let (stop, stopping) = Stopping::new();
        let connections = Connections {
            router: router(stopping.clone()),
            slots: config.slots,
            own_name: config.own_name,
            stopping,
            stop_grace: config.stop_grace,
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(StartError::Thread)?;
        let on_start = config.on_start;
        let work = move || {
            on_start();
            runtime.block_on(serve(listener, connections));
            // A blocking task that still waits must not delay the stop.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name(config.thread_name.to_owned());
        Ok(ListenerThread {
            address,
            stop,
            thread: Some(thread.spawn(work).map_err(StartError::Thread)?),
        })
    }
}

async fn serve(listener: StdTcpListener, connections: Connections) {
    match TcpListener::from_std(listener) {
        Ok(listener) => connections.serve(listener).await,
        // Printed, because the thread cannot return an error.
        Err(error) => eprintln!("flagpole: the control plane failed: {error}"),
    }
}

impl Drop for ListenerThread {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic was printed by the thread; a second one while unwinding would abort the process.
            let _ = thread.join();
        }
    }
}
