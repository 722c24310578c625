//! What the result of an attempt means for its download.

use super::attempt_scheduler::AttemptScheduler;
use super::download_state::DownloadStage;
use super::types::{AttemptId, AttemptResult, BodyAction, Disposition};
use flagpole_protocol::Outcome;
use std::time::Duration;

impl AttemptScheduler {
    /// Takes the result of an attempt, which holds its slot until
    /// [`release_slot`](AttemptScheduler::release_slot).
    ///
    /// # Panics
    /// If the attempt never started, or has ended before.
    pub fn complete(
        &mut self,
        id: AttemptId,
        result: &AttemptResult,
        now: Duration,
    ) -> Disposition {
        let ended = self.in_flight.get_mut(id.in_flight_key);
        let ended = ended.filter(|ended| ended.serial == id.serial);
        let ended = ended.expect("an attempt ends once, while it holds its slot");
        ended.has_ended = true;
        let (is_superseded, attempt) = (ended.is_superseded, ended.attempt.clone());
        if let Some(hedging) = &mut self.hedging {
            let in_flight = self.in_flight.iter().map(|(_, attempt)| attempt);
            let in_flight = in_flight.filter(|attempt| !attempt.has_ended);
            let elapsed = in_flight.map(|attempt| now.saturating_sub(attempt.started));
            hedging.on_result(result, is_superseded, elapsed);
        }
        if is_superseded {
            return Disposition::intermediate(Outcome::HedgeLost);
        }
        let key = attempt.download_key;
        let download = self.downloads.get_mut(key);
        let download = download.expect("the download of a needed attempt is undecided");
        download.in_flight.retain(|in_flight| *in_flight != id);
        let stage = download.stage;
        if result.conditions_failed && !attempt.unconditional {
            self.retry_unconditionally(attempt);
            return Disposition::intermediate(result.outcome.clone());
        }
        let outcome = match self.follow_redirect(&attempt, result) {
            Ok(redirected) => return Disposition::intermediate(redirected),
            Err(outcome) => outcome,
        };
        match outcome {
            Outcome::Ok => self.succeed(id),
            // The flag was found, so the download cannot end as not found.
            Outcome::NotFound if stage == DownloadStage::Metadata => {
                let missing = Outcome::BadMetadata("there is none".to_owned());
                self.fail(id, missing, result.retry_after, now)
            }
            Outcome::NotFound | Outcome::NotModified => {
                self.decide(key, outcome, BodyAction::Discard)
            }
            failed => self.fail(id, failed, result.retry_after, now),
        }
    }

    /// A verified body has arrived.
    fn succeed(&mut self, id: AttemptId) -> Disposition {
        let key = id.download_key;
        let download = &mut self.downloads[key];
        let is_resource = download.stage == DownloadStage::Resource;
        if self.workload[download.index].saves_by_country && is_resource {
            download.staging = Some(id);
            let losers = self.supersede(key);
            return Disposition {
                body_action: BodyAction::Stage,
                losers,
                ..Disposition::intermediate(Outcome::Ok)
            };
        }
        let body_action = if is_resource {
            BodyAction::Save
        } else {
            BodyAction::RenameStaged
        };
        self.decide(key, Outcome::Ok, body_action)
    }

    /// Ends a download; its other attempts in flight have lost.
    pub(super) fn decide(
        &mut self,
        download_key: usize,
        outcome: Outcome,
        body_action: BodyAction,
    ) -> Disposition {
        let losers = self.supersede(download_key);
        self.downloads.remove(download_key);
        Disposition {
            outcome,
            is_final: true,
            body_action,
            losers,
        }
    }

    fn supersede(&mut self, download_key: usize) -> Vec<AttemptId> {
        let losers = self.downloads[download_key].end_stage();
        for id in &losers {
            self.in_flight[id.in_flight_key].is_superseded = true;
        }
        losers
    }
}
