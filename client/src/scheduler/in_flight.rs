//! The state of an attempt that holds a concurrency slot.

use super::ready_attempt::ReadyAttempt;
use std::time::Duration;

/// An attempt that holds a concurrency slot.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    /// Slab keys are reused; the serial says whether an [`AttemptId`](super::types::AttemptId) means this attempt.
    pub(super) serial: u64,
    pub(super) attempt: ReadyAttempt,
    /// When the attempt started, from the start of the run.
    pub(super) started: Duration,
    /// Whether a hedge of this attempt was started.
    pub(super) is_hedged: bool,
    /// Whether the result is not needed any more, because another attempt ended the phase of the download.
    pub(super) is_superseded: bool,
    /// Whether the result has arrived; the slot is held until the body is handed to the disk.
    pub(super) has_ended: bool,
    /// The retry after this try. The retry is queued when the slot is released, because until then the partial
    /// body of this try, which the retry continues, may not be on disk yet.
    pub(super) retry: Option<ReadyAttempt>,
}
