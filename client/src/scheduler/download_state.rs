//! The state of a download that has started and not ended.

use super::types::AttemptId;
use crate::workload::download_spec::DownloadSpec;
use flagpole_protocol::Resource;
use smallvec::SmallVec;
use std::time::Duration;

/// The state of a download that has started and not ended.
#[derive(Clone, Debug)]
pub(super) struct DownloadState {
    /// Its index in the workload.
    pub(super) index: usize,
    pub(super) phase: DownloadPhase,
    /// Increases with every try and phase; a ready attempt with an older generation is obsolete.
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

/// The resource that a download is requesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DownloadPhase {
    /// The resource of the workload.
    Resource,
    /// The metadata that gives the file its name.
    Metadata,
}

impl DownloadState {
    pub(super) fn new(index: usize) -> DownloadState {
        DownloadState {
            index,
            phase: DownloadPhase::Resource,
            generation: 0,
            tries: 1,
            live_parts: 1,
            retry_after: None,
            attempts: 0,
            staging: None,
            in_flight: SmallVec::new(),
        }
    }

    /// The resource to request in this phase.
    pub(super) fn resource(&self, spec: &DownloadSpec) -> Resource {
        match self.phase {
            DownloadPhase::Resource => spec.resource,
            DownloadPhase::Metadata => Resource::Metadata(spec.resource.code()),
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
        self.phase = DownloadPhase::Metadata;
        self.tries = 1;
        self.live_parts = 1;
    }
}
