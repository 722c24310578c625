//! An attempt between a session and its worker.

use crate::execution::blocking_scheduler::BlockingScheduler;
use crate::scheduler::AttemptSpec;
use flagpole_protocol::{AttemptKind, Resource};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// An attempt to make. It holds one of the run's concurrency slots until a worker has made it. If it is dropped, or the
/// future of the worker is, the run ends, because the download of the attempt could never end.
#[must_use]
pub struct Attempt {
    spec: AttemptSpec,
    scheduler: Arc<BlockingScheduler>,
    is_complete: bool,
}

impl Attempt {
    pub(super) fn new(spec: AttemptSpec, scheduler: &Arc<BlockingScheduler>) -> Attempt {
        Attempt {
            spec,
            scheduler: scheduler.clone(),
            is_complete: false,
        }
    }

    /// The resource of the download, or the metadata that gives it its name.
    pub fn resource(&self) -> Resource {
        self.spec.plan.resource
    }

    /// The position of the download in the workload, from 1.
    pub fn download(&self) -> usize {
        self.spec.plan.index + 1
    }

    /// The number of the attempt among those of its download, from 1.
    pub fn number(&self) -> u32 {
        self.spec.attempt
    }

    /// Why the attempt is made.
    pub fn kind(&self) -> AttemptKind {
        self.spec.plan.kind
    }

    /// When the attempt was due, from the start of the run.
    pub fn due(&self) -> Duration {
        self.spec.due
    }

    pub(super) fn spec(&self) -> AttemptSpec {
        self.spec.clone()
    }

    /// A worker has made the attempt and released its slot.
    pub(super) fn complete(mut self) {
        self.is_complete = true;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_complete {
            self.scheduler.run_state.stop();
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("resource", &self.resource())
            .field("number", &self.number())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}
