//! The state of a download that has started and not ended.

use super::attempt::AttemptId;
use smallvec::SmallVec;
use std::time::Duration;

/// The state of a download that has started and not ended. A download has one phase, or two if the metadata of the
/// country names its file.
#[derive(Clone, Debug, Default)]
pub(super) struct DownloadState {
    /// Its index in the workload.
    pub(super) index: usize,
    /// Whether the flag is staged and its metadata is requested.
    pub(super) names_file: bool,
    /// Increases with every try and phase; a planned attempt with an older generation is obsolete.
    pub(super) generation: u32,
    /// Tries of this phase, from 1.
    pub(super) tries: u32,
    /// How many of the attempt and its hedge, each with its redirect hops, have not failed. The try has failed
    /// when this is 0.
    pub(super) live_parts: u32,
    /// The longest `Retry-After` of any response to this try.
    pub(super) retry_after: Option<Duration>,
    /// Attempts started in all phases.
    pub(super) attempts: u32,
    /// The attempt whose flag is being staged (stored under a temporary name).
    pub(super) staging: Option<AttemptId>,
    /// The attempts in flight that are not superseded: rarely more than a try and its hedge.
    pub(super) in_flight: SmallVec<[AttemptId; 2]>,
}

impl DownloadState {
    pub(super) fn new(index: usize) -> DownloadState {
        DownloadState {
            index,
            tries: 1,
            live_parts: 1,
            ..DownloadState::default()
        }
    }

    /// Starts the next try of this phase.
    pub(super) fn start_retry(&mut self) {
        self.generation += 1;
        self.tries += 1;
        self.live_parts = 1;
        self.retry_after = None;
    }

    /// Ends the phase; returns its attempts that are still in flight.
    pub(super) fn end_phase(&mut self) -> Vec<AttemptId> {
        self.generation += 1;
        self.live_parts = 0;
        self.retry_after = None;
        std::mem::take(&mut self.in_flight).into_vec()
    }

    /// Starts the first try of the metadata.
    pub(super) fn start_metadata(&mut self) {
        self.names_file = true;
        self.tries = 1;
        self.live_parts = 1;
    }
}
