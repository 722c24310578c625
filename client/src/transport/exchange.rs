//! What one exchange gave, before anyone has judged it.

use crate::outcome::Outcome;
use bytes::Bytes;
use flagpole_fixtures::{Digest, Timing};
use std::time::Duration;

/// What one exchange gave. Points in time are counted from the start of the run.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request was handed to an open connection, or when connecting began if none opened.
    pub sent: Duration,
    /// When the first byte of the answer had arrived.
    pub first_byte: Option<Duration>,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// What the server said it planned and did.
    pub timing: Option<Timing>,
    /// The digest that the true body has, if the server named it.
    pub digest: Option<Digest>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// The whole body of whatever status, as long as it said it was; or why there is none.
    pub result: Result<Bytes, Outcome>,
}
