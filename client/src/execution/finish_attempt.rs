//! Finishes an attempt after its storage job (the changes on disk): completes the attempt record.

use crate::execution::run_state::{RunState, lock};
use crate::execution::storage_job::{StorageJob, StorageResult};
use crate::scheduler::{Action, AttemptId, AttemptSpec, BodyAction, Disposition};
use crate::storage::wasted_bytes::{Retained, WastedBytes};
use crate::transport::RawResponse;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::time::Duration;

/// An attempt whose response has been evaluated: its record, its storage job and its concurrency slot.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) id: AttemptId,
    /// Boxed, to keep the record off the stack of a thread that waits, and cheap to move.
    pub(crate) record: Box<AttemptRecord>,
    /// `None` if nothing changes on disk, as in most runs that are timed. Boxed, to be cheap to move.
    pub(crate) job: Option<Box<StorageJob>>,
    pub(crate) slot: Slot,
    pub(super) action: BodyAction,
    /// How much of the resource is on disk after the storage job.
    pub(super) retained: Retained,
}

/// The state of an attempt's concurrency slot (the right to have one request in flight) after the evaluation.
#[derive(Debug)]
pub(crate) enum Slot {
    /// Still held.
    Held(AttemptId),
    /// Released when the storage job was queued.
    Released,
    /// Released by the evaluation, which took this next action from the scheduler.
    Next(Action),
}

/// The record of an attempt, without `wasted_bytes`, which are known after the storage job.
pub(super) fn attempt_record(
    spec: &AttemptSpec,
    worker: Option<usize>,
    response: &mut RawResponse,
    disposition: &Disposition,
    done: Duration,
) -> Box<AttemptRecord> {
    Box::new(AttemptRecord {
        download: spec.plan.index + 1,
        attempt: spec.attempt,
        kind: spec.plan.kind,
        is_final: disposition.is_final,
        resource: spec.plan.resource,
        request_number: spec.plan.request_number,
        worker,
        backoff: spec.plan.backoff,
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
    /// Completes the record. Reports a staged flag to the scheduler, which may then request its metadata. `stored` is
    /// the result of the storage job; `Ok` if the attempt has no storage job.
    pub(crate) fn finish_attempt(
        &self,
        evaluated: &mut Evaluated,
        stored: Result<StorageResult, Outcome>,
    ) {
        let is_stored = stored.is_ok();
        let retained = self.apply_storage_result(evaluated, stored);
        let record = &mut evaluated.record;
        record.wasted_bytes = if self.template.config.keep_partial_bodies {
            lock(&self.wasted).record(record.resource, record.bytes, retained)
        } else {
            // No attempt continues a partial body, so the cores need not share a map.
            WastedBytes::default().record(record.resource, record.bytes, retained)
        };
        if evaluated.action == BodyAction::Stage {
            self.scheduler().on_staged(evaluated.id, is_stored);
        }
    }

    /// Enters a failure to store in the record; returns how much of the resource is on disk.
    fn apply_storage_result(
        &self,
        evaluated: &mut Evaluated,
        stored: Result<StorageResult, Outcome>,
    ) -> Retained {
        let record = &mut evaluated.record;
        match stored {
            Ok(result) => {
                if let Some(staged) = result.staged {
                    lock(&self.staged).insert(record.download - 1, staged);
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
