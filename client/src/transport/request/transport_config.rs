//! The settings of a transport that are the same for every request of a run.

use crate::policy::Timeouts;
use std::net::SocketAddr;

/// The settings of a transport that are the same for every request of a run.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// The server's addresses, tried in order.
    pub addresses: Box<[SocketAddr]>,
    /// The time limits of an attempt.
    pub timeouts: Timeouts,
    /// Whether a connection serves more than one request.
    pub reuse: bool,
    /// The maximum length of a response body, in bytes.
    pub body_limit: usize,
    /// Whether the bytes of an incomplete body are kept, so that a later attempt can continue the body.
    pub keep_partial_bodies: bool,
}
