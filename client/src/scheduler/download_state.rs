//! The state of a download.

use super::types::AttemptId;
use crate::workload::download_spec::DownloadSpec;
use flagpole_protocol::Resource;
use smallvec::SmallVec;
use std::time::Duration;

/// A download that has started and is undecided.
#[derive(Clone, Debug)]
pub(super) struct DownloadState {
    /// Its index in the workload.
    pub(super) index: usize,
    pub(super) stage: DownloadStage,
    /// Counts the tries of all stages; an attempt made ready in an older generation is not wanted.
    pub(super) generation: u32,
    /// Tries of this stage, from 1.
    pub(super) tries: u32,
    /// Parts of this try that have not failed: the attempt itself and its hedge, each with its redirect
    /// hops. The try has failed when this is 0.
    pub(super) live_parts: u32,
    /// The longest `Retry-After` of any response to this try.
    pub(super) retry_after: Option<Duration>,
    /// Attempts started in all stages.
    pub(super) attempts: u32,
    /// The attempt whose flag is being staged.
    pub(super) staging: Option<AttemptId>,
    /// The needed attempts in flight: seldom more than a try and its hedge.
    pub(super) in_flight: SmallVec<[AttemptId; 2]>,
}

/// What a download is requesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DownloadStage {
    /// The resource of the workload.
    Resource,
    /// The metadata that gives the file its name.
    Metadata,
}

impl DownloadState {
    pub(super) fn new(index: usize) -> DownloadState {
        DownloadState {
            index,
            stage: DownloadStage::Resource,
            generation: 0,
            tries: 1,
            live_parts: 1,
            retry_after: None,
            attempts: 0,
            staging: None,
            in_flight: SmallVec::new(),
        }
    }

    /// The resource to request in this stage.
    pub(super) fn resource(&self, spec: &DownloadSpec) -> Resource {
        match self.stage {
            DownloadStage::Resource => spec.resource,
            DownloadStage::Metadata => Resource::Metadata(spec.resource.code()),
        }
    }

    /// Starts the next try of this stage.
    pub(super) fn start_retry(&mut self) {
        self.generation += 1;
        self.tries += 1;
        self.live_parts = 1;
        self.retry_after = None;
    }

    /// Ends the stage; returns the attempts of it that are still in flight.
    pub(super) fn end_stage(&mut self) -> Vec<AttemptId> {
        self.generation += 1;
        self.live_parts = 0;
        self.retry_after = None;
        std::mem::take(&mut self.in_flight).into_vec()
    }

    /// Starts the first try of the metadata.
    pub(super) fn start_metadata(&mut self) {
        self.stage = DownloadStage::Metadata;
        self.tries = 1;
        self.live_parts = 1;
    }
}
