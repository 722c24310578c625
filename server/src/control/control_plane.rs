//! Starts and stops the control plane.

use super::listener_thread::{ListenerConfig, ListenerThread};
use super::live::server_page::ServerPage;
use super::router::router;
use super::slot::{ConnectionSlots, DEFAULT_MAX_CONNECTIONS};
use super::state::{ControlState, UsageReader};
use crate::config::listener::Listener;
use crate::config::profile::Profile;
use crate::root_url::root_url;
use crate::server_group::ServerGroup;
use crate::start_error::StartError;
use flagpole_protocol::ProcessUsage;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The time that responses have to end when the control plane stops; the servers must not wait for it.
const STOP_GRACE: Duration = Duration::from_millis(200);

/// An HTTP interface to watch and change servers while they run, on a separate listener and thread. Dropping it ends
/// its calls and frees the port; the servers go on. A browser gets a live page at the root URL.
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
pub struct ControlPlane(ListenerThread);

/// The configuration of a control plane before it starts. Default: any free port of 127.0.0.1.
pub struct ControlPlaneBuilder {
    address: SocketAddr,
    max_connections: usize,
    host_name: Option<Arc<str>>,
    process_usage: Option<UsageReader>,
    profiles: Vec<(String, Profile)>,
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
            profiles: Vec::new(),
            servers: servers.into(),
        }
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.0.address
    }

    /// The root URL, with a slash at the end.
    pub fn url(&self) -> String {
        root_url(self.0.address)
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

    /// Sets profiles with their names, which the live page offers.
    pub fn profiles(mut self, profiles: impl IntoIterator<Item = (String, Profile)>) -> Self {
        self.profiles = profiles.into_iter().collect();
        self
    }

    /// Starts the control plane, which accepts connections when this function returns.
    ///
    /// # Errors
    /// If the port is taken, or the socket or the thread cannot be created.
    pub fn start(self) -> Result<ControlPlane, StartError> {
        let listeners = self.servers.profile().listeners;
        let files = listeners.iter().flat_map(Listener::fault_files);
        let initial_files = files.map(Path::to_owned).collect();
        let slots = Arc::new(ConnectionSlots::new(self.max_connections));
        let config = ListenerConfig {
            address: self.address,
            thread_name: "flagpole:control",
            on_start: || {},
            slots: slots.clone(),
            own_name: self.host_name,
            stop_grace: STOP_GRACE,
        };
        let listener = ListenerThread::start(config, |stopping| {
            router(&Arc::new(ControlState {
                initial_files,
                live: ServerPage::new(self.servers.clone(), self.profiles),
                servers: self.servers,
                process_usage: self.process_usage.map(Mutex::new),
                slots,
                stopping,
            }))
        });
        listener.map(ControlPlane)
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
