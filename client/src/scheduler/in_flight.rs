//! The state of an attempt that holds a concurrency slot.

use super::ready_attempt::ReadyAttempt;
use std::time::Duration;

/// An attempt that holds a concurrency slot.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    /// Slab keys are reused; the serial tells whether an id still means this attempt.
    pub(super) serial: u64,
    pub(super) attempt: ReadyAttempt,
    pub(super) started: Duration,
    pub(super) is_hedged: bool,
    pub(super) is_superseded: bool,
    pub(super) has_ended: bool,
    /// The retry after this try. It is queued when the slot is released, because until then the partial
    /// body of this try may still be on its way to the disk, where the retry looks for it.
    pub(super) retry: Option<ReadyAttempt>,
}
