//! An attempt whose response has been evaluated: its record, and the completion of the record after the storage
//! job.

use crate::execution::run_state::{RunState, lock};
use crate::execution::storage_job::{StorageJob, StorageResult};
use crate::scheduler::{Action, AttemptId, AttemptSpec, BodyAction, Disposition};
use crate::storage::wasted_bytes::{Retained, WastedBytes};
use crate::transport::RawResponse;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::time::Duration;

/// What follows from a response.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) id: AttemptId,
    /// Boxed, to keep it off the stack of a thread that waits and out of the moves of this struct.
    pub(crate) record: Box<AttemptRecord>,
    /// Boxed: most runs that are timed save nothing, and this struct is moved about.
    pub(crate) job: Option<Box<StorageJob>>,
    pub(crate) slot: Slot,
    pub(super) action: BodyAction,
    /// How much of the resource is on disk once the job is done.
    pub(super) retained: Retained,
}

/// The concurrency slot of an attempt after its evaluation.
#[derive(Debug)]
pub(crate) enum Slot {
    /// Still held.
    Held(AttemptId),
    /// Released while the storage job was waiting.
    Released,
    /// Released at the evaluation, when the scheduler gave this next action.
    Next(Action),
}

/// The record of an attempt, but for the bytes that its storage job may waste.
pub(super) fn attempt_record(
    spec: &AttemptSpec,
    worker: Option<usize>,
    response: &mut RawResponse,
    disposition: &Disposition,
    done: Duration,
) -> Box<AttemptRecord> {
    Box::new(AttemptRecord {
        download: spec.download,
        attempt: spec.attempt,
        kind: spec.kind,
        is_final: disposition.is_final,
        resource: spec.resource,
        request_number: spec.request_number,
        worker,
        backoff: spec.backoff,
        due: spec.due,
        sent: response.sent,
        reused_connection: response.reused,
        first_byte: response.first_byte,
        done,
        outcome: disposition.outcome.clone(),
        status: response.status,
        bytes: response.bytes,
        wasted_bytes: 0,
        timing: response.timing.take(),
    })
}

impl RunState {
    /// Completes the record and lets the download go on. `stored` is the result of the storage job; `Ok` without
    /// one.
    pub(crate) fn finalize(
        &self,
        evaluated: &mut Evaluated,
        stored: Result<StorageResult, Outcome>,
    ) {
        let is_stored = stored.is_ok();
        let retained = self.apply(evaluated, stored);
        let record = &mut evaluated.record;
        record.wasted_bytes = if self.template.config.keep_partial_bodies {
            lock(&self.wasted).record(record.resource, record.bytes, retained)
        } else {
            // Nothing is retained between attempts: the cores need not share a map.
            WastedBytes::default().record(record.resource, record.bytes, retained)
        };
        if evaluated.action == BodyAction::Stage {
            self.scheduler().on_staged(evaluated.id, is_stored);
        }
    }

    /// Enters the result in the record; returns how much of the resource is on disk.
    fn apply(&self, evaluated: &mut Evaluated, stored: Result<StorageResult, Outcome>) -> Retained {
        let record = &mut evaluated.record;
        match stored {
            Ok(result) => {
                if let Some(staged) = result.staged {
                    lock(&self.staged).insert(record.download, staged);
                }
                if result.lost_partial {
                    Retained::Unchanged
                } else {
                    evaluated.retained
                }
            }
            Err(outcome) => {
                record.outcome = outcome;
                record.is_final = true;
                Retained::Unchanged
            }
        }
    }
}
