//! How long an exchange may take, as a whole and in its parts.

use std::time::Duration;

/// The limits of an exchange; without a limit it may take for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection to be there; not counted where one is used again.
    pub connect: Option<Duration>,
    /// For the first byte of the answer, from when the request was handed to the connection.
    pub first_byte: Option<Duration>,
    /// For all of it: connecting, head and body.
    pub total: Option<Duration>,
}
