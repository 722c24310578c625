//! An attempt that waits for a concurrency slot.

use flagpole_protocol::AttemptKind;
use flagpole_protocol::Resource;
use std::sync::Arc;
use std::time::Duration;

/// An attempt that may be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadyAttempt {
    /// Index of the download in the workload.
    pub(super) index: usize,
    /// Slab key of the download.
    pub(super) download_key: usize,
    /// The download's generation when the attempt was made ready; the attempt is obsolete if the generation has
    /// changed since.
    pub(super) generation: u32,
    pub(super) kind: AttemptKind,
    pub(super) resource: Resource,
    pub(super) request_number: u64,
    pub(super) path: Option<Arc<str>>,
    pub(super) unconditional: bool,
    /// Number of redirects that led to this attempt.
    pub(super) hops: u32,
    /// `None` if the attempt is due as soon as a slot is free.
    pub(super) due: Option<Duration>,
    pub(super) backoff: Duration,
}
