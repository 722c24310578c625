//! Why a server cannot be started.

use crate::config::profile_error::ProfileError;
use std::io;
use std::net::SocketAddr;

/// The reason why a server cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The listener's configuration is invalid.
    #[error("{0}")]
    Profile(#[from] ProfileError),
    /// Another server listens on the port.
    #[error("port {} of {} is taken", .0.port(), .0.ip())]
    PortInUse(SocketAddr),
    /// The listening socket cannot be opened.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// No site was given, and none is built in.
    #[error("no site: call `site` of the builder, or enable the feature `embedded-flags`")]
    NoSite,
    /// A thread cannot be started.
    #[error("cannot start a worker: {0}")]
    Thread(io::Error),
}
