//! Why a server could not be started.

use crate::config::profile::ProfileError;
use std::io;
use std::net::SocketAddr;

/// A server that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What the server is to do can not be.
    #[error("{0}")]
    Profile(#[from] ProfileError),
    /// Somebody else listens there.
    #[error("port {} of {} is taken", .0.port(), .0.ip())]
    PortInUse(SocketAddr),
    /// The system refuses to listen there.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The system gives no thread.
    #[error("cannot start a worker: {0}")]
    Thread(io::Error),
}
