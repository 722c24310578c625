//! What the end of an attempt means for its download, and what follows.

use super::download::Step;
use super::queue::Request;
use super::{AttemptId, AttemptResult, AttemptScheduler, BodyAction, Disposition};
use crate::policy::RetryBudget;
use flagpole_protocol::AttemptKind;
use flagpole_protocol::Outcome;
use std::time::Duration;

impl AttemptScheduler {
    /// An attempt has ended; it keeps its lane until [`leave`](AttemptScheduler::release_slot).
    ///
    /// # Panics
    /// If it was never started, or has ended before.
    pub fn complete(&mut self, id: AttemptId, end: &AttemptResult, now: Duration) -> Disposition {
        let flight = self.flights.get_mut(id.flight);
        let flight = flight.filter(|flight| flight.serial == id.serial);
        let flight = flight.expect("an attempt ends once, between its start and its leave");
        flight.has_ended = true;
        let (is_superseded, request) = (flight.is_superseded, flight.request.clone());
        if let Some(hedging) = &mut self.hedging {
            let flying = self.flights.iter().map(|(_, flight)| flight);
            let flying = flying.filter(|flight| !flight.has_ended);
            let awaited = flying.map(|flight| now.saturating_sub(flight.started));
            hedging.ended(end, is_superseded, awaited);
        }
        if is_superseded {
            return Disposition::intermediate(Outcome::HedgeLost);
        }
        let slot = request.slot;
        let download = self.downloads.get_mut(slot);
        let download = download.expect("an attempt that is not superseded is wanted");
        download.flying.retain(|flying| *flying != id);
        let step = download.step;
        if end.conditions_failed && !request.unconditional {
            self.ask_plainly(request);
            return Disposition::intermediate(end.outcome.clone());
        }
        let outcome = match self.redirected(&request, end) {
            Ok(passing) => return Disposition::intermediate(passing),
            Err(outcome) => outcome,
        };
        match outcome {
            Outcome::Ok => self.succeed(id),
            // It is the flag that was asked for, and that is there.
            Outcome::NotFound if step == Step::Metadata => {
                let none = Outcome::BadMetadata("there is none".to_owned());
                self.fail(id, none, end.retry_after, now)
            }
            // As good an answer as any that another attempt could bring.
            Outcome::NotFound | Outcome::NotModified => {
                self.decide(slot, outcome, BodyAction::Discard)
            }
            failed => self.fail(id, failed, end.retry_after, now),
        }
    }

    /// The same again, without conditions: once, as there are none then that could fail. It is charged to
    /// nobody, and has the same n.
    fn ask_plainly(&mut self, request: Request) {
        self.queue.hop(Request {
            kind: AttemptKind::Retry,
            unconditional: true,
            due: None,
            backoff: Duration::ZERO,
            ..request
        });
    }

    /// Follows a redirect; the outcome that remains if there is none to follow.
    fn redirected(&mut self, request: &Request, end: &AttemptResult) -> Result<Outcome, Outcome> {
        let (Outcome::Http(status), Some(path)) = (&end.outcome, &end.redirect) else {
            return Err(end.outcome.clone());
        };
        match self.policy.redirects.max {
            0 => Err(end.outcome.clone()),
            max if request.hops >= max => Err(Outcome::TooManyRedirects),
            _ => {
                self.queue.hop(Request {
                    kind: AttemptKind::Redirect,
                    path: Some(path.clone()),
                    hops: request.hops + 1,
                    due: None,
                    backoff: Duration::ZERO,
                    ..request.clone()
                });
                Ok(Outcome::Redirected(*status))
            }
        }
    }

    /// A true body has come.
    fn succeed(&mut self, id: AttemptId) -> Disposition {
        let slot = id.download;
        let download = &mut self.downloads[slot];
        if self.jobs[download.place].named && download.step == Step::Resource {
            download.staging = Some(id);
            let losers = self.supersede(slot);
            return Disposition {
                body_action: BodyAction::Stage,
                losers,
                ..Disposition::intermediate(Outcome::Ok)
            };
        }
        let is_flag = download.step == Step::Resource;
        let then = if is_flag {
            BodyAction::Save
        } else {
            BodyAction::RenameStaged
        };
        self.decide(slot, Outcome::Ok, then)
    }

    /// A try has failed, or a part of one.
    fn fail(
        &mut self,
        id: AttemptId,
        outcome: Outcome,
        retry_after: Option<Duration>,
        now: Duration,
    ) -> Disposition {
        let slot = id.download;
        let retry = &self.policy.retry;
        let download = &mut self.downloads[slot];
        download.running -= 1;
        download.asked = download.asked.max(retry_after);
        if download.running > 0 {
            return Disposition::intermediate(outcome);
        }
        let is_worth = !self.is_stopped
            && download.tries < retry.max_attempts()
            && retry.is_retryable(&outcome)
            && self.purse.as_mut().is_none_or(RetryBudget::withdraw);
        if !is_worth {
            return self.decide(slot, outcome, BodyAction::Discard);
        }
        // The n of the try, not of its hedge: which of the two failed last is a matter of timing.
        let (tried, asked) = (download.tries, download.asked);
        let request_number = self.attempt_of(slot, AttemptKind::Retry).request_number;
        let resource = self.flights[id.flight].request.resource;
        let backoff = retry.backoff(resource, request_number, tried, asked);
        self.downloads[slot].try_again();
        let again = self.attempt_of(slot, AttemptKind::Retry);
        let due = now.saturating_add(backoff);
        self.flights[id.flight].retry = Some(Request {
            due: Some(due),
            backoff,
            ..again
        });
        Disposition::intermediate(outcome)
    }

    /// The end of a download; whatever else is in flight for it is in vain.
    fn decide(&mut self, slot: usize, outcome: Outcome, body_action: BodyAction) -> Disposition {
        let losers = self.supersede(slot);
        self.downloads.remove(slot);
        Disposition {
            outcome,
            is_final: true,
            body_action,
            losers,
        }
    }

    fn supersede(&mut self, slot: usize) -> Vec<AttemptId> {
        let losers = self.downloads[slot].end_step();
        for id in &losers {
            self.flights[id.flight].is_superseded = true;
        }
        losers
    }
}
