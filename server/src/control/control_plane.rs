//! Starts and stops the control plane.

use super::connections::Connections;
use super::router::router;
use super::slot::{ConnectionSlots, DEFAULT_MAX_CONNECTIONS};
use super::state::{ControlState, UsageReader};
use super::stopping::Stopping;
use crate::config::listener::Listener;
use crate::root_url::root_url;
use crate::server_group::ServerGroup;
use crate::start_error::StartError;
use flagpole_protocol::ProcessUsage;
use socket2::SockRef;
use std::fmt;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdTcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// The number of connections that wait to be accepted; a peer would wait a second for one that found no place.
const BACKLOG: i32 = 1024;

/// An HTTP interface to watch and change servers while they run, on a separate listener and thread. Dropping it ends
/// its calls and frees the port; the servers go on.
///
/// ```
/// use flagpole_server::{BlockingServer, ControlPlane};
///
/// let server = BlockingServer::builder().start()?;
/// let control = ControlPlane::builder([server.control()]).start()?;
/// println!("curl {}ledger", control.url());
/// # Ok::<(), flagpole_server::StartError>(())
/// ```
#[derive(Debug)]
pub struct ControlPlane {
    address: SocketAddr,
    /// Set to true when the control plane stops.
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// The configuration of a control plane before it starts. Default: any free port of 127.0.0.1.
pub struct ControlPlaneBuilder {
    address: SocketAddr,
    max_connections: usize,
    host_name: Option<Arc<str>>,
    process_usage: Option<UsageReader>,
    servers: ServerGroup,
}

impl ControlPlane {
    /// Maximum number of open connections, if the builder sets no other.
    pub const DEFAULT_MAX_CONNECTIONS: usize = DEFAULT_MAX_CONNECTIONS;

    /// Maximum number of files that a control plane with this maximum number of connections has open: with them its socket
    /// and its event loop.
    pub const fn max_open_files(max_connections: usize) -> u64 {
        max_connections as u64 + 16
    }

    /// A builder of a control plane for these servers, the listeners of one profile.
    pub fn builder(servers: impl Into<ServerGroup>) -> ControlPlaneBuilder {
        ControlPlaneBuilder {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            max_connections: DEFAULT_MAX_CONNECTIONS,
            host_name: None,
            process_usage: None,
            servers: servers.into(),
        }
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The root URL, with a slash at the end.
    pub fn url(&self) -> String {
        root_url(self.address)
    }
}

impl ControlPlaneBuilder {
    /// Sets the address to listen on; port 0 means any free port. Every client that can connect can change the servers, so it should
    /// be an address of this machine only.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Sets how many connections may be open, at least 4. A further one closes the one that was used least recently.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(4);
        self
    }

    /// Sets a name that requests may have in `Host`, besides `localhost` and IP addresses.
    pub fn host_name(mut self, name: &str) -> Self {
        self.host_name = Some(name.into());
        self
    }

    /// Sets a function that returns what the process used since its previous call; the answer to `POST /reset` has its
    /// result.
    pub fn process_usage(mut self, usage: impl FnMut() -> ProcessUsage + Send + 'static) -> Self {
        self.process_usage = Some(Box::new(usage));
        self
    }

    /// Starts the control plane, which accepts connections when this function returns.
    ///
    /// # Errors
    /// If the port is taken, or the socket or the thread cannot be created.
    pub fn start(self) -> Result<ControlPlane, StartError> {
        let listener = StdTcpListener::bind(self.address).map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => StartError::PortInUse(self.address),
            _ => StartError::Listen(self.address, error),
        })?;
        let at = |error| StartError::Listen(self.address, error);
        let address = listener.local_addr().map_err(at)?;
        listener.set_nonblocking(true).map_err(at)?;
        SockRef::from(&listener).listen(BACKLOG).map_err(at)?;
        let (stop, stopping) = Stopping::new();
        let (connections, runtime) = self.connections(stopping)?;
        let work = move || {
            runtime.block_on(serve(listener, connections));
            // A blocking task that still waits must not delay the stop.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("flagpole:control".to_owned());
        Ok(ControlPlane {
            address,
            stop,
            thread: Some(thread.spawn(work).map_err(StartError::Thread)?),
        })
    }

    fn connections(self, stopping: Stopping) -> Result<(Connections, Runtime), StartError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let listeners = self.servers.profile().listeners;
        let files = listeners.iter().flat_map(Listener::fault_files);
        let slots = Arc::new(ConnectionSlots::new(self.max_connections));
        let state = ControlState {
            initial_files: files.map(Path::to_owned).collect(),
            servers: self.servers,
            process_usage: self.process_usage.map(Mutex::new),
            slots: slots.clone(),
            stopping: stopping.clone(),
        };
        let connections = Connections {
            router: router(&Arc::new(state)),
            slots,
            own_name: self.host_name,
            stopping,
        };
        Ok((connections, runtime.map_err(StartError::Thread)?))
    }
}

async fn serve(listener: StdTcpListener, connections: Connections) {
    match TcpListener::from_std(listener) {
        Ok(listener) => connections.serve(listener).await,
        // Printed, because the thread cannot return an error.
        Err(error) => eprintln!("flagpole: the control plane failed: {error}"),
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic was printed by the thread; a second one while unwinding would abort the process.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ControlPlaneBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlPlaneBuilder")
            .field("address", &self.address)
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}
