//! A shaped response before its head is written.

use flagpole_protocol::Fate;
use std::time::Instant;

/// What the stream must know of a response that is written by a schedule.
#[derive(Debug)]
pub(crate) struct WritePlan {
    pub(crate) fate: Fate,
    /// Length of the body in bytes.
    pub(crate) body: u64,
    /// When the response is due.
    pub(crate) start: Instant,
}
