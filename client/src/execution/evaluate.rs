//! Evaluates the response to an attempt: verifies its body and lets the scheduler decide what follows.

use crate::execution::evaluated::{Evaluated, Slot, attempt_record};
use crate::execution::run_state::RunState;
use crate::execution::storage_job::retained;
use crate::policy::{is_redirect, parse_retry_after, request_url, resolve_location};
use crate::scheduler::{AttemptId, AttemptResult, AttemptSpec, BodyAction, Disposition};
use crate::storage::resume::{LocalCopy, PartialUpdate};
use crate::storage::verify::country_metadata;
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::Outcome;
use std::sync::Arc;
use std::time::Duration;

/// What a response amounts to by itself.
struct Verified {
    outcome: Outcome,
    country: Option<String>,
    update: PartialUpdate,
}

impl RunState {
    /// If `early`, and unless there is something to store, the slot is released and the next action taken in
    /// the same look at the scheduler. [`finalize`](RunState::finalize) follows.
    ///
    /// Not inlined: its variables would lie on the stack of every thread that waits for a response.
    #[inline(never)]
    pub(crate) fn evaluate(
        &self,
        spec: AttemptSpec,
        worker: Option<usize>,
        local: &LocalCopy,
        mut response: Box<RawResponse>,
        early: bool,
    ) -> Evaluated {
        let Verified {
            outcome,
            country,
            update,
        } = self.verify(&spec, local, &mut response);
        // Taken here and not by the transport: a response is not done before it is verified.
        let done = self.template.clock.now();
        let result = self.result(&spec, local, &response, outcome, done);
        let (disposition, slot) = self.decide(spec.id, &result, &update, early, done);
        if let Some(tokens) = &self.hedge_tokens {
            tokens.cancel_losers(spec.id, &disposition.losers);
        }
        let update = match disposition.outcome {
            // The winner has what was wanted.
            Outcome::HedgeLost => PartialUpdate::Unchanged,
            _ => update,
        };
        let record = attempt_record(&spec, worker, &mut response, &disposition, done);
        let body_len = response.result.as_ref().map_or(0, Bytes::len);
        let retained = retained(&update, &disposition, body_len as u64);
        Evaluated {
            id: spec.id,
            record,
            slot,
            action: disposition.body_action,
            retained,
            job: self.storage_job(spec, &disposition, update, response, country),
        }
    }

    fn verify(
        &self,
        spec: &AttemptSpec,
        local: &LocalCopy,
        response: &mut RawResponse,
    ) -> Verified {
        let (outcome, update) = local.evaluate(response, self.template.config.body_limit);
        let outcome = outcome.map_or_else(|| self.verifier.evaluate(spec.resource, response), Ok);
        let outcome = outcome.unwrap_or_else(|failed| failed);
        if !spec.names_file {
            return Verified {
                outcome,
                country: None,
                update,
            };
        }
        let country = (outcome == Outcome::Ok).then(|| {
            let body = response.result.as_deref().unwrap_or_default();
            country_metadata::country_name(body, spec.resource.code())
        });
        let (outcome, country) = match country.transpose() {
            Ok(country) => (outcome, country),
            Err(failed) => (failed, None),
        };
        Verified {
            outcome,
            country,
            // Metadata is always requested whole.
            update: PartialUpdate::Unchanged,
        }
    }

    fn result(
        &self,
        spec: &AttemptSpec,
        local: &LocalCopy,
        response: &RawResponse,
        outcome: Outcome,
        done: Duration,
    ) -> AttemptResult {
        let unix_time = self.template.clock.unix_time(done);
        let field = response.retry_after.as_deref();
        AttemptResult {
            conditions_failed: local.is_conditional_failure(&outcome),
            outcome,
            took: done.saturating_sub(response.sent),
            redirect: self.redirect(spec, response),
            retry_after: field.and_then(|field| parse_retry_after(field, unix_time)),
        }
    }

    /// The path within the site to which a response redirects.
    fn redirect(&self, spec: &AttemptSpec, response: &RawResponse) -> Option<Arc<str>> {
        let location = response.location.as_deref()?;
        response.status.filter(|status| is_redirect(*status))?;
        let uri = self.template.uri(spec.resource, spec.path.as_deref());
        let url = request_url(self.site.as_ref()?, uri.path_and_query()?);
        resolve_location(&url, location)
    }

    /// The scheduler's decision, and the slot after it.
    fn decide(
        &self,
        id: AttemptId,
        result: &AttemptResult,
        update: &PartialUpdate,
        early: bool,
        done: Duration,
    ) -> (Disposition, Slot) {
        let mut scheduler = self.scheduler();
        let disposition = scheduler.complete(id, result, done);
        if disposition.outcome == Outcome::Cancelled {
            // The run was cancelled (a loser of a hedge is `HedgeLost`); the waker that stops the scheduler may not
            // have run yet.
            scheduler.stop();
        }
        let stores = self.saves
            && (disposition.body_action != BodyAction::Discard
                || *update != PartialUpdate::Unchanged);
        // A staged flag is reported to the scheduler while its attempt holds the slot.
        let slot = if early && !stores && disposition.body_action != BodyAction::Stage {
            scheduler.release_slot(id);
            Slot::Next(scheduler.next(done))
        } else {
            Slot::Held(id)
        };
        drop(scheduler);
        (disposition, slot)
    }
}
