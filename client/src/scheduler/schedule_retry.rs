//! Schedules the next attempt of a download after an attempt without the resource: a retry, the same request
//! without conditional headers, or the next redirect hop.

use super::attempt_scheduler::AttemptScheduler;
use super::ready_attempt::ReadyAttempt;
use super::types::{AttemptId, AttemptResult, BodyAction, Disposition};
use crate::policy::RetryBudget;
use flagpole_protocol::{AttemptKind, Outcome};
use std::time::Duration;

impl AttemptScheduler {
    /// Repeats the request once without conditional headers. The repetition has the same request number and
    /// counts neither as a try nor in the retry budget.
    pub(super) fn retry_unconditionally(&mut self, attempt: ReadyAttempt) {
        self.queue.push_immediate(ReadyAttempt {
            kind: AttemptKind::Retry,
            unconditional: true,
            due: None,
            backoff: Duration::ZERO,
            ..attempt
        });
    }

    /// Schedules the next hop of a redirect. Returns [`Outcome::Redirected`] if the redirect is followed,
    /// [`Outcome::TooManyRedirects`] at the policy's maximum, otherwise the unchanged outcome.
    pub(super) fn follow_redirect(
        &mut self,
        attempt: &ReadyAttempt,
        result: &AttemptResult,
    ) -> Outcome {
        let (Outcome::Http(status), Some(path)) = (&result.outcome, &result.redirect) else {
            return result.outcome.clone();
        };
        match self.policy.redirects.max {
            0 => result.outcome.clone(),
            max if attempt.hops >= max => Outcome::TooManyRedirects,
            _ => {
                self.queue.push_immediate(ReadyAttempt {
                    kind: AttemptKind::Redirect,
                    path: Some(path.clone()),
                    hops: attempt.hops + 1,
                    due: None,
                    backoff: Duration::ZERO,
                    ..attempt.clone()
                });
                Outcome::Redirected(*status)
            }
        }
    }

    /// Handles a failed attempt. When a try and its hedge have both failed, schedules a retry if the policy allows
    /// one, otherwise ends the download.
    pub(super) fn fail(
        &mut self,
        id: AttemptId,
        outcome: Outcome,
        retry_after: Option<Duration>,
        now: Duration,
    ) -> Disposition {
        let key = id.download_key;
        let retry = &self.policy.retry;
        let download = &mut self.downloads[key];
        download.live_parts -= 1;
        download.retry_after = download.retry_after.max(retry_after);
        if download.live_parts > 0 {
            return Disposition::intermediate(outcome);
        }
        let may_retry = !self.is_stopped
            && download.tries < retry.max_attempts()
            && retry.is_retryable(&outcome)
            && self.retry_budget.as_mut().is_none_or(RetryBudget::withdraw);
        if !may_retry {
            return self.end_download(key, outcome, BodyAction::Discard);
        }
        // The backoff is drawn by the request number of the try, not of its hedge: which of the two fails last
        // depends on timing.
        let (tries, retry_after) = (download.tries, download.retry_after);
        let failed = self.current_try(key, AttemptKind::Retry);
        let resource = self.in_flight[id.in_flight_key].attempt.resource;
        let backoff = retry.backoff(resource, failed.request_number, tries, retry_after);
        self.downloads[key].start_retry();
        let next = self.current_try(key, AttemptKind::Retry);
        self.in_flight[id.in_flight_key].retry = Some(ReadyAttempt {
            due: Some(now.saturating_add(backoff)),
            backoff,
            ..next
        });
        Disposition::intermediate(outcome)
    }
}
