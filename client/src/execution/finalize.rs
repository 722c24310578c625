//! Completes an attempt's record after its storage job, and lets its download go on.

use crate::execution::evaluated::Evaluated;
use crate::execution::run_state::{RunState, lock};
use crate::execution::storage_job::StorageResult;
use crate::scheduler::BodyAction;
use crate::storage::wasted_bytes::{Retained, WastedBytes};
use flagpole_protocol::Outcome;

impl RunState {
    /// `stored` is the result of the storage job; `Ok` without one.
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
