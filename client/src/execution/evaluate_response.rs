//! Evaluates the response of an attempt: verifies the body and lets the scheduler decide what follows.

use crate::execution::finish_attempt::{Evaluated, Slot, attempt_record};
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

/// The result of verifying a response, regardless of other attempts of its download.
struct Verified {
    outcome: Outcome,
    country: Option<String>,
    update: PartialUpdate,
}

impl RunState {
    /// Verifies a response and completes its attempt in the scheduler. The caller then runs the storage job and
    /// calls [`finish_attempt`](RunState::finish_attempt).
    ///
    /// If `takes_next`, and there is no storage job, releases the concurrency slot and takes the scheduler's next
    /// action under the same lock.
    ///
    /// Not inlined: its variables would lie on the stack of every thread that waits for a response.
    #[inline(never)]
    pub(crate) fn evaluate_response(
        &self,
        spec: AttemptSpec,
        worker: Option<usize>,
        local: &LocalCopy,
        mut response: Box<RawResponse>,
        takes_next: bool,
    ) -> Evaluated {
        let Verified {
            outcome,
            country,
            update,
        } = self.verify(&spec, local, &mut response);
        // Measured after the verification, which is part of the attempt.
        let done = self.template.clock.now();
        let result = self.attempt_result(&spec, local, &response, outcome, done);
        let (disposition, slot) = self.complete(spec.id, &result, &update, takes_next, done);
        if let Some(tokens) = &self.hedge_tokens {
            tokens.cancel_superseded(spec.id, &disposition.superseded);
        }
        let update = match disposition.outcome {
            // Another attempt has stored the body.
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

    /// Evaluates a response to a conditional request against the local copy, and verifies the body of any other.
    fn verify(
        &self,
        spec: &AttemptSpec,
        local: &LocalCopy,
        response: &mut RawResponse,
    ) -> Verified {
        let (outcome, update) =
            local.evaluate_conditional(response, self.template.config.body_limit);
        let outcome = outcome.map_or_else(
            || self.verifier.verify_response(spec.plan.resource, response),
            Ok,
        );
        let outcome = outcome.unwrap_or_else(|failed| failed);
        if !spec.plan.names_file {
            return Verified {
                outcome,
                country: None,
                update,
            };
        }
        let country = (outcome == Outcome::Ok).then(|| {
            let body = response.result.as_deref().unwrap_or_default();
            country_metadata::country_name(body, spec.plan.resource.code())
        });
        let (outcome, country) = match country.transpose() {
            Ok(country) => (outcome, country),
            Err(failed) => (failed, None),
        };
        Verified {
            outcome,
            country,
            // Metadata is always requested completely.
            update: PartialUpdate::Unchanged,
        }
    }

    fn attempt_result(
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
            service_time: done.saturating_sub(response.sent),
            redirect: self.redirect_path(spec, response),
            retry_after: field.and_then(|field| parse_retry_after(field, unix_time)),
        }
    }

    /// The path within the site to which a response redirects.
    fn redirect_path(&self, spec: &AttemptSpec, response: &RawResponse) -> Option<Arc<str>> {
        let location = response.location.as_deref()?;
        response.status.filter(|status| is_redirect(*status))?;
        let uri = self
            .template
            .uri(spec.plan.resource, spec.plan.path.as_deref());
        let url = request_url(self.site.as_ref()?, uri.path_and_query()?);
        resolve_location(&url, location)
    }

    /// Completes the attempt in the scheduler; returns what to do, and the state of the concurrency slot.
    fn complete(
        &self,
        id: AttemptId,
        result: &AttemptResult,
        update: &PartialUpdate,
        takes_next: bool,
        done: Duration,
    ) -> (Disposition, Slot) {
        let mut scheduler = self.scheduler();
        let disposition = scheduler.complete(id, result, done);
        if disposition.outcome == Outcome::Cancelled {
            // The run was cancelled (the outcome of a superseded attempt is `HedgeLost`). The waker that stops the
            // scheduler may not have run yet.
            scheduler.stop();
        }
        let stores = self.saves
            && (disposition.body_action != BodyAction::Discard
                || *update != PartialUpdate::Unchanged);
        // An attempt holds its slot until its staged flag is reported to the scheduler.
        let slot = if takes_next && !stores && disposition.body_action != BodyAction::Stage {
            scheduler.release_slot(id);
            Slot::Next(scheduler.next(done))
        } else {
            Slot::Held(id)
        };
        drop(scheduler);
        (disposition, slot)
    }
}
