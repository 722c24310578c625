//! Time limits of an attempt.

use std::time::Duration;

/// Time limits of an attempt; `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For opening a connection; does not apply to reused connections.
    pub connect: Option<Duration>,
    /// For the first byte of the response, from when the request was given to the connection.
    pub first_byte: Option<Duration>,
    /// For the whole attempt: connecting, head and body.
    pub total: Option<Duration>,
}
