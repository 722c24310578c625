//! Where a download stands.

use super::AttemptId;
use crate::workload::plan::DownloadSpec;
use flagpole_protocol::Resource;
use smallvec::SmallVec;
use std::time::Duration;

/// A download that is begun and not decided.
#[derive(Clone, Debug)]
pub(crate) struct Download {
    /// Its job's place in the plan.
    pub(crate) place: usize,
    pub(crate) step: Step,
    /// Counts the tries of all steps: what was asked for on behalf of an older one is not wanted.
    pub(crate) generation: u32,
    /// Tries of this step, from 1.
    pub(crate) tries: u32,
    /// Chains of this try that have not failed: the try itself and its hedge, each with its hops.
    pub(crate) running: u32,
    /// The longest wait that the server asked any chain of this try for.
    pub(crate) asked: Option<Duration>,
    /// Attempts started in all.
    pub(crate) made: u32,
    /// The attempt whose flag is being put by.
    pub(crate) staging: Option<AttemptId>,
    /// Its attempts in flight that are still wanted: seldom more than a try and its hedge.
    pub(crate) flying: SmallVec<[AttemptId; 2]>,
}

/// What a download is about at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// What its job asks for.
    Resource,
    /// The metadata that names it.
    Metadata,
}

impl Download {
    /// At its first try.
    pub(crate) fn new(place: usize) -> Download {
        Download {
            place,
            step: Step::Resource,
            generation: 0,
            tries: 1,
            running: 1,
            asked: None,
            made: 0,
            staging: None,
            flying: SmallVec::new(),
        }
    }

    /// What it asks for now.
    pub(crate) fn resource(&self, job: &DownloadSpec) -> Resource {
        match self.step {
            Step::Resource => job.resource,
            Step::Metadata => Resource::Metadata(job.resource.code()),
        }
    }

    /// The next try of the same step.
    pub(crate) fn try_again(&mut self) {
        self.generation += 1;
        self.tries += 1;
        self.running = 1;
        self.asked = None;
    }

    /// The step has come to its end: returns what still flies on its behalf.
    pub(crate) fn end_step(&mut self) -> Vec<AttemptId> {
        self.generation += 1;
        self.running = 0;
        self.asked = None;
        std::mem::take(&mut self.flying).into_vec()
    }

    /// The first try of the next step.
    pub(crate) fn go_on(&mut self) {
        self.step = Step::Metadata;
        self.tries = 1;
        self.running = 1;
    }
}
