//! Decides what follows from the result of an attempt: the download ends, or another attempt is made.

use super::attempt::{AttemptId, AttemptPlan, AttemptResult, BodyAction, Disposition};
use super::attempt_scheduler::AttemptScheduler;
use crate::policy::{CircuitPermit, FailedTry};
use crate::{EndedRequest, FollowedRedirect};
use flagpole_protocol::{AttemptKind, Outcome, TimeoutKind};
use std::time::Duration;

impl AttemptScheduler {
    /// Takes the result of an attempt that ended at `now`. The attempt holds its concurrency slot until
    /// [`release_slot`](AttemptScheduler::release_slot).
    ///
    /// # Panics
    /// If the attempt holds no slot, or was completed before.
    pub(crate) fn complete(
        &mut self,
        id: AttemptId,
        result: &AttemptResult,
        now: Duration,
    ) -> Disposition {
        let entry = self.in_flight.get_mut(id.in_flight_key);
        let entry = entry.filter(|entry| entry.serial == id.serial && entry.ended.is_none());
        let entry = entry.expect("an attempt is completed once, while it holds its slot");
        entry.ended = Some(now);
        self.in_flight_meter.on_end(now);
        let (is_superseded, plan) = (entry.is_superseded, entry.plan.clone());
        let permit = entry.permit.take();
        let repetition = self.repetition(&plan, result, now);
        if let Some(permit) = permit {
            let has_no_result = is_superseded || result.died_unanswered && repetition.is_some();
            self.end_permit(permit, has_no_result, &result.outcome, now);
        }
        if let Some(hedging) = &mut self.hedging {
            let in_flight = self.in_flight.iter().map(|(_, attempt)| attempt);
            let in_flight = in_flight.filter(|attempt| attempt.ended.is_none());
            let elapsed = in_flight.map(|attempt| now.saturating_sub(attempt.started));
            hedging.on_result(result, is_superseded, elapsed);
        }
        if is_superseded {
            return Disposition::intermediate(match &result.outcome {
                Outcome::CircuitOpen => Outcome::CircuitOpen,
                _ => Outcome::HedgeLost,
            });
        }
        // A server closes an idle connection whatever its load.
        if let Some(limit) = &mut self.limit
            && !result.died_unanswered
        {
            limit.on_result(
                &result.outcome,
                now.saturating_sub(result.service_time),
                now,
            );
            let concurrency = limit.get().max(1);
            self.set_concurrency(concurrency, now);
        }
        // An attempt is superseded when its download ends.
        let download = &mut self.downloads[id.download_key];
        let user = download.user;
        download.in_flight.retain(|in_flight| *in_flight != id);
        download.died_unanswered |= result.died_unanswered;
        if let Some(repetition) = repetition {
            self.immediate.push_back(repetition);
            return Disposition::intermediate(result.outcome.clone());
        }
        let disposition = self.dispose(id, &plan, result, now);
        if disposition.is_final {
            self.source.on_end(&EndedRequest {
                user,
                at: self.source_clock.end_time(now),
                outcome: &disposition.outcome,
                response: result.captured.as_deref(),
            });
        }
        disposition
    }

    /// What follows from the result of an attempt that is not superseded.
    fn dispose(
        &mut self,
        id: AttemptId,
        plan: &AttemptPlan,
        result: &AttemptResult,
        now: Duration,
    ) -> Disposition {
        match self.follow_redirect(plan, result, now) {
            redirected @ Outcome::Redirected(_) => Disposition::intermediate(redirected),
            Outcome::Ok => self.on_verified_body(id, now),
            // The country's flag was found, so the download cannot end as not found.
            Outcome::NotFound if plan.names_file => {
                let missing = Outcome::BadMetadata("there is none".to_owned());
                self.fail(id, missing, result.retry_after, now)
            }
            outcome @ (Outcome::NotFound | Outcome::NotModified) => {
                self.end_download(id, outcome, BodyAction::Discard)
            }
            failed => self.fail(id, failed, result.retry_after, now),
        }
    }

    /// Gives the circuit breaker the result of an attempt, unless the attempt has none that counts.
    fn end_permit(
        &mut self,
        permit: CircuitPermit,
        has_no_result: bool,
        outcome: &Outcome,
        now: Duration,
    ) {
        let Some(breaker) = &mut self.circuit_breaker else {
            return;
        };
        match outcome {
            _ if has_no_result => breaker.release(permit),
            Outcome::Cancelled | Outcome::Timeout(TimeoutKind::Run, _) => breaker.release(permit),
            outcome => {
                let is_failure = self.policy.retry_rule().is_retryable(outcome);
                breaker.on_result(permit, is_failure, now);
            }
        }
    }

    /// The same request, without what made it fail: without conditional headers, or on a new connection. A repetition is
    /// made at once, with the same request number, and counts neither as a try nor in the retry budget.
    fn repetition(
        &self,
        plan: &AttemptPlan,
        result: &AttemptResult,
        now: Duration,
    ) -> Option<AttemptPlan> {
        let is_stale = result.died_unanswered && !plan.fresh_connection && plan.may_repeat;
        if result.conditions_failed && !plan.unconditional {
            // Starts at the resource, because a redirect of flagpole leads to its target once.
            Some(AttemptPlan {
                unconditional: true,
                as_get: false,
                may_repeat: self.may_repeat(plan.message),
                path: None,
                hops: 0,
                ..plan.repeated(AttemptKind::Retry, now)
            })
        } else if is_stale && self.policy.retry_stale && !self.is_over(now) {
            Some(AttemptPlan {
                fresh_connection: true,
                ..plan.repeated(AttemptKind::Retry, now)
            })
        } else {
            None
        }
    }

    /// Schedules the next hop of a redirect. Returns [`Outcome::Redirected`] if the redirect is followed,
    /// [`Outcome::TooManyRedirects`] at the policy's maximum, otherwise the unchanged outcome.
    fn follow_redirect(
        &mut self,
        plan: &AttemptPlan,
        result: &AttemptResult,
        now: Duration,
    ) -> Outcome {
        let (Outcome::Http(status), Some(path)) = (&result.outcome, &result.redirect) else {
            return result.outcome.clone();
        };
        match self.policy.max_redirects {
            0 => result.outcome.clone(),
            max if plan.hops >= max => Outcome::TooManyRedirects,
            _ => {
                let rendered = self.source.on_redirect(&FollowedRedirect {
                    user: self.downloads[plan.download_key].user,
                    at: self.source_clock.end_time(now),
                    path,
                    response: result.captured.as_deref(),
                });
                self.immediate.push_back(AttemptPlan {
                    path: Some(path.clone()),
                    rendered: rendered.or_else(|| plan.rendered.clone()),
                    as_get: plan.as_get || result.redirects_to_get,
                    may_repeat: plan.may_repeat || result.redirects_to_get,
                    hops: plan.hops + 1,
                    ..plan.repeated(AttemptKind::Redirect, now)
                });
                Outcome::Redirected(*status)
            }
        }
    }

    /// Has the body saved, or, if its file name is not known yet, staged.
    fn on_verified_body(&mut self, id: AttemptId, now: Duration) -> Disposition {
        let download = &mut self.downloads[id.download_key];
        if download.names_file {
            return self.end_download(id, Outcome::Ok, BodyAction::RenameStaged);
        }
        if !self.targets[download.target].needs_metadata() {
            return self.end_download(id, Outcome::Ok, BodyAction::Save);
        }
        download.staging = Some((id, now));
        Disposition {
            body_action: BodyAction::Stage,
            superseded: self.supersede(id.download_key),
            ..Disposition::intermediate(Outcome::Ok)
        }
    }

    /// Ends the download of an attempt and supersedes its other attempts in flight.
    fn end_download(
        &mut self,
        id: AttemptId,
        outcome: Outcome,
        body_action: BodyAction,
    ) -> Disposition {
        let superseded = self.supersede(id.download_key);
        self.downloads.remove(id.download_key);
        Disposition {
            outcome,
            is_final: true,
            body_action,
            superseded,
        }
    }

    /// Ends the phase of a download; its other attempts in flight are not needed any more.
    fn supersede(&mut self, download_key: usize) -> Vec<AttemptId> {
        let superseded = self.downloads[download_key].end_phase();
        for id in &superseded {
            self.in_flight[id.in_flight_key].is_superseded = true;
        }
        superseded
    }

    /// Handles a failed attempt. When a try and its hedge have both failed, schedules a retry if the policy allows
    /// one, otherwise ends the download.
    fn fail(
        &mut self,
        id: AttemptId,
        outcome: Outcome,
        retry_after: Option<Duration>,
        now: Duration,
    ) -> Disposition {
        let key = id.download_key;
        let download = &mut self.downloads[key];
        download.live_parts -= 1;
        download.retry_after = download.retry_after.max(retry_after);
        if download.live_parts > 0 {
            return Disposition::intermediate(outcome);
        }
        // A hop has a request before it, which did arrive.
        let is_first_hop = self.in_flight[id.in_flight_key].plan.hops == 0;
        let may_have_arrived = outcome.may_have_arrived() || !is_first_hop;
        let message = self.targets[self.downloads[key].target].message;
        let backoff = if may_have_arrived && !self.may_repeat(message) {
            None
        } else {
            self.backoff(key, &outcome, now)
        };
        let Some(backoff) = backoff else {
            return self.end_download(id, outcome, BodyAction::Discard);
        };
        self.retried += 1;
        let fresh_connection = self.downloads[key].died_unanswered;
        self.downloads[key].start_retry();
        let next = AttemptPlan {
            due: Some(now.saturating_add(backoff)),
            backoff,
            fresh_connection,
            ..self.plan(key, AttemptKind::Retry)
        };
        self.in_flight[id.in_flight_key].retry = Some(next);
        Disposition::intermediate(outcome)
    }

    /// The backoff before the next try of a download whose try has failed at `now`; `None` if there is no next try.
    fn backoff(&self, download_key: usize, outcome: &Outcome, now: Duration) -> Option<Duration> {
        let (policy, download) = (&self.policy, &self.downloads[download_key]);
        let retry = policy.retry_rule();
        let may_retry = !self.is_stopped
            && download.tries < policy.max_attempts()
            && retry.is_retryable(outcome)
            && (policy.budget).is_none_or(|budget| budget.allows(self.retried, self.firsts));
        if !may_retry {
            return None;
        }
        // The backoff is drawn by the request number of the try, not of its hedge: which of the two fails last
        // depends on timing.
        let failed = self.plan(download_key, AttemptKind::Retry);
        let backoff = retry.backoff(&FailedTry {
            resource: failed.resource,
            request_number: failed.request_number,
            tries: download.tries,
            retry_after: download.retry_after,
            age: now.saturating_sub(download.due),
        })?;
        let is_in_time = |end| now.saturating_add(backoff) < end;
        policy.max_time.is_none_or(is_in_time).then_some(backoff)
    }
}
