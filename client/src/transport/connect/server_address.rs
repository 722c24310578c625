//! Where a server listens.

use super::addresses::Addresses;
use crate::Endpoint;
use std::path::Path;
use std::sync::Arc;

/// Where the connections of an endpoint are opened.
#[derive(Clone, Debug)]
pub(crate) enum ServerAddress {
    /// The addresses of its host, or of a proxy.
    Tcp(Addresses),
    /// A Unix socket.
    Unix(Arc<Path>),
}

impl ServerAddress {
    pub(crate) fn new(endpoint: &Endpoint) -> ServerAddress {
        match endpoint.unix_socket() {
            Some(path) => ServerAddress::Unix(path.into()),
            None => ServerAddress::Tcp(Addresses::new(endpoint.addresses())),
        }
    }
}
