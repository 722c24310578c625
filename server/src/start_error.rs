//! Why a server cannot be started.

use crate::config::profile_error::ProfileError;
use flagpole_protocol::SpecError;
use std::net::SocketAddr;
use std::{fmt, io};

/// The reason why a server cannot be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The listener's configuration is invalid.
    Profile(ProfileError),
    /// A file that a fault names as its body cannot be read.
    Fault(SpecError),
    /// Another server listens on the port.
    PortInUse(SocketAddr),
    /// The listening socket cannot be opened.
    Listen(SocketAddr, io::Error),
    /// No address was given to listen on.
    NoAddress,
    /// No site was given, and none is built in.
    NoSite,
    /// A thread cannot be started.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Profile(error) => error.fmt(f),
            StartError::Fault(error) => error.fmt(f),
            StartError::PortInUse(at) => write!(f, "port {} of {} is taken", at.port(), at.ip()),
            StartError::Listen(at, error) => write!(f, "cannot listen on {at}: {error}"),
            StartError::NoAddress => f.write_str("no address to listen on"),
            StartError::NoSite => f.write_str(
                "no site: call `site` of the builder, or enable the feature `embedded-flags`",
            ),
            StartError::Thread(error) => write!(f, "cannot start a worker: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<ProfileError> for StartError {
    fn from(error: ProfileError) -> StartError {
        StartError::Profile(error)
    }
}
