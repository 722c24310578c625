//! Where a download stands.

use super::Id;
use crate::plan::Job;
use flagpole_fixtures::Resource;
use smallvec::SmallVec;
use std::time::Duration;

/// A download that is begun and not decided.
#[derive(Clone, Debug)]
pub(super) struct Download {
    /// Its job's place in the plan.
    pub(super) place: usize,
    pub(super) step: Step,
    /// Counts the tries of all steps: what was asked for on behalf of an older one is not wanted.
    pub(super) generation: u32,
    /// Tries of this step, from 1.
    pub(super) tries: u32,
    /// Chains of this try that have not failed: the try itself and its hedge, each with its hops.
    pub(super) running: u32,
    /// The longest wait that the server asked any chain of this try for.
    pub(super) asked: Option<Duration>,
    /// Attempts started in all.
    pub(super) made: u32,
    /// The attempt whose flag is being put by.
    pub(super) staging: Option<Id>,
    /// Its attempts in flight that are still wanted: seldom more than a try and its hedge.
    pub(super) flying: SmallVec<[Id; 2]>,
}

/// What a download is about at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What its job asks for.
    Resource,
    /// The metadata that names it.
    Metadata,
}

impl Download {
    /// At its first try.
    pub(super) fn new(place: usize) -> Download {
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
    pub(super) fn resource(&self, job: &Job) -> Resource {
        match self.step {
            Step::Resource => job.resource,
            Step::Metadata => Resource::Metadata(job.resource.code()),
        }
    }

    /// The next try of the same step.
    pub(super) fn try_again(&mut self) {
        self.generation += 1;
        self.tries += 1;
        self.running = 1;
        self.asked = None;
    }

    /// The step has come to its end: returns what still flies on its behalf.
    pub(super) fn end_step(&mut self) -> Vec<Id> {
        self.generation += 1;
        self.running = 0;
        self.asked = None;
        std::mem::take(&mut self.flying).into_vec()
    }

    /// The first try of the next step.
    pub(super) fn go_on(&mut self) {
        self.step = Step::Metadata;
        self.tries = 1;
        self.running = 1;
    }
}
