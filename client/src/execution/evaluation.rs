//! Evaluates the response of an attempt: verifies the body, lets the scheduler decide what follows, and, after the
//! changes on disk, completes the record.

use crate::execution::storage_job::{StorageJob, StorageResult, retained};
use crate::policy::{
    is_redirect, parse_retry_after, redirects_to_get, request_url, resolve_location,
};
use crate::scheduler::{Action, AttemptId, AttemptResult, AttemptSpec, BodyAction, Disposition};
use crate::storage::resume::{LocalCopy, PartialUpdate};
use crate::storage::wasted_bytes::{Retained, WastedBytes};
use crate::{DownloadDir, execution::run_state::RunState, lock::lock};
use crate::{storage::verify, transport::RawResponse};
use bytes::Bytes;
use flagpole_protocol::{AttemptRecord, Outcome, ShortDigest};
use http::Method;
use std::{sync::Arc, time::Duration};

/// An attempt whose response has been evaluated: its record, its storage job and its concurrency slot.
#[derive(Debug)]
pub(super) struct Evaluated {
    id: AttemptId,
    /// Without `wasted_bytes`, which are known after the storage job. Boxed, to keep the record off the stack of a
    /// thread that waits, and cheap to move.
    pub(super) record: Box<AttemptRecord>,
    /// `None` if nothing changes on disk, as in most runs that are timed. Boxed, to be cheap to move.
    pub(super) job: Option<Box<StorageJob>>,
    pub(super) slot: Slot,
    action: BodyAction,
    /// How much of the resource is on disk after the storage job.
    retained: Retained,
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

impl RunState {
    /// Verifies a response and completes its attempt in the scheduler. The caller then runs the storage job and
    /// calls [`finish_attempt`](RunState::finish_attempt).
    ///
    /// If `takes_next`, and there is no storage job, releases the concurrency slot and takes the scheduler's next
    /// action under the same lock.
    ///
    /// Not inlined: its variables would lie on the stack of every thread that waits for a response.
    #[inline(never)]
    pub(super) fn evaluate_response(
        &self,
        spec: AttemptSpec,
        worker: Option<usize>,
        local: &LocalCopy,
        mut response: Box<RawResponse>,
        takes_next: bool,
    ) -> Evaluated {
        let (outcome, country, update) = self.verify(&spec, local, &mut response);
        let body_digest = self
            .digests_bodies
            .then(|| verify::body_digest(&response, &outcome))
            .flatten();
        // Measured after the verification, which is part of the attempt.
        let done = self.template.clock.now();
        let unix_time = self.template.clock.unix_time(done);
        let retry_after = response.retry_after.as_deref();
        let result = AttemptResult {
            conditions_failed: local.is_conditional_failure(&outcome),
            outcome,
            service_time: done.saturating_sub(response.sent),
            redirect: self.redirect_path(&spec, &response),
            died_unanswered: response.died_unanswered,
            redirects_to_get: (response.status)
                .is_some_and(|status| redirects_to_get(status, self.method(&spec.plan))),
            retry_after: retry_after.and_then(|field| parse_retry_after(field, unix_time)),
            captured: response.take_captured(),
        };
        let mut scheduler = self.scheduler();
        let disposition = scheduler.complete(spec.id, &result, done);
        if disposition.outcome == Outcome::Cancelled {
            // The run was cancelled (the outcome of a superseded attempt is `HedgeLost`). The waker that stops the
            // scheduler may not have run yet.
            scheduler.stop();
        }
        let action = disposition.body_action;
        let is_stored = action != BodyAction::Discard || update != PartialUpdate::Unchanged;
        // An attempt holds its slot until its staged flag is reported to the scheduler.
        let holds = self.folder.is_some() && is_stored || action == BodyAction::Stage;
        let slot = if takes_next && !holds {
            scheduler.release_slot(spec.id);
            Slot::Next(scheduler.next(done))
        } else {
            Slot::Held(spec.id)
        };
        drop(scheduler);
        self.cancel_superseded(spec.id, &disposition.superseded);
        let update = match disposition.outcome {
            // Another attempt has stored the body.
            Outcome::HedgeLost => PartialUpdate::Unchanged,
            _ => update,
        };
        let body_len = response.result.as_ref().map_or(0, Bytes::len);
        Evaluated {
            id: spec.id,
            record: attempt_record(
                &spec,
                worker,
                &mut response,
                body_digest,
                &disposition,
                done,
            ),
            slot,
            action,
            retained: retained(&update, &disposition, body_len as u64),
            job: self.storage_job(spec, &disposition, update, response, country),
        }
    }

    /// Evaluates a response to a conditional request against the local copy, and verifies the body of any other.
    /// Returns the outcome regardless of other attempts of the download, the name of the country, and the change of the
    /// partial file.
    #[inline]
    fn verify(
        &self,
        spec: &AttemptSpec,
        local: &LocalCopy,
        response: &mut RawResponse,
    ) -> (Outcome, Option<String>, PartialUpdate) {
        let resource = spec.plan.resource;
        let (outcome, update) =
            local.evaluate_conditional(response, self.template.config.body_limit);
        if *self.method(&spec.plan) == Method::HEAD {
            // The digests are those of the content that a GET would get.
            (response.digest, response.repr_digest) = (None, None);
        }
        let verified = match (outcome, self.template.expectation(spec.plan.message)) {
            (Some(outcome), _) => Ok(outcome),
            (None, Some(expected)) => self.verifier.verify_expected(response, expected),
            (None, None) => self.verifier.verify_response(resource, response),
        };
        let mut outcome = verified.unwrap_or_else(|failed| failed);
        let is_redirected = spec.plan.path.is_some();
        if outcome == Outcome::Ok && is_redirected && verify::is_misdirected(resource, response) {
            outcome = Outcome::Corrupt;
        }
        let Some(code) = resource.code().filter(|_| spec.plan.names_file) else {
            return (outcome, None, update);
        };
        let country = (outcome == Outcome::Ok).then(|| {
            let body = response.result.as_deref().unwrap_or_default();
            verify::country_name(body, code)
        });
        // Metadata is always requested completely.
        match country.transpose() {
            Ok(country) => (outcome, country, PartialUpdate::Unchanged),
            Err(failed) => (failed, None, PartialUpdate::Unchanged),
        }
    }

    /// The path within the site to which a response redirects.
    fn redirect_path(&self, spec: &AttemptSpec, response: &RawResponse) -> Option<Arc<str>> {
        let location = response.location.as_deref()?;
        response.status.filter(|status| is_redirect(*status))?;
        let endpoint = self.template.endpoint(spec.plan.message);
        let rendered = spec.plan.rendered.as_deref();
        let rendered = rendered.map(|rendered| rendered.path.as_str());
        let path = spec.plan.path.as_deref().or(rendered);
        let [prefix, path] = endpoint.path(spec.plan.resource, path);
        let url = request_url(endpoint.site()?, &format!("{prefix}{path}"));
        resolve_location(&url, location)
    }

    /// Completes the record. Reports a staged flag to the scheduler, which may then request its metadata. `stored` is
    /// the result of the storage job; `Ok` if the attempt has no storage job. Ends the run if no further file can be
    /// saved.
    pub(super) fn finish_attempt(
        &self,
        evaluated: &mut Evaluated,
        stored: Result<StorageResult, Outcome>,
    ) {
        let (is_stored, record) = (stored.is_ok(), &mut evaluated.record);
        let retained = match stored {
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
        };
        record.wasted_bytes = if self.template.config.keep_partial_bodies {
            lock(&self.wasted).record(record.resource, record.bytes, retained)
        } else {
            // No attempt continues a partial body, so the cores need not share a map.
            WastedBytes::default().record(record.resource, record.bytes, retained)
        };
        if evaluated.action == BodyAction::Stage {
            self.scheduler().on_staged(evaluated.id, is_stored);
        }
        if self
            .folder
            .as_ref()
            .and_then(DownloadDir::failure)
            .is_some()
        {
            self.stop();
        }
    }
}

fn attempt_record(
    spec: &AttemptSpec,
    worker: Option<usize>,
    response: &mut RawResponse,
    body_digest: Option<ShortDigest>,
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
        first_due: spec.first_due,
        started: response.started,
        lateness: response.started.saturating_sub(spec.ready),
        sent: response.sent,
        reused_connection: response.reused,
        first_byte: response.first_byte,
        done,
        outcome: disposition.outcome.clone(),
        status: response.status,
        bytes: response.bytes,
        body_digest,
        wasted_bytes: 0,
        timing: response.timing.take(),
    })
}
