//! Decides what follows from the result of an attempt: the download ends, or another attempt is made.

use super::attempt_scheduler::AttemptScheduler;
use super::download_state::DownloadPhase;
use super::types::{AttemptId, AttemptResult, BodyAction, Disposition};
use flagpole_protocol::Outcome;
use std::time::Duration;

impl AttemptScheduler {
    /// Takes the result of an attempt. The attempt holds its concurrency slot until
    /// [`release_slot`](AttemptScheduler::release_slot).
    ///
    /// # Panics
    /// If the attempt holds no slot, or was completed before.
    pub fn complete(
        &mut self,
        id: AttemptId,
        result: &AttemptResult,
        now: Duration,
    ) -> Disposition {
        let entry = self.in_flight.get_mut(id.in_flight_key);
        let entry = entry.filter(|entry| entry.serial == id.serial && !entry.has_ended);
        let entry = entry.expect("an attempt is completed once, while it holds its slot");
        entry.has_ended = true;
        let (is_superseded, attempt) = (entry.is_superseded, entry.attempt.clone());
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
        let download = download.expect("an attempt is superseded when its download ends");
        download.in_flight.retain(|in_flight| *in_flight != id);
        let phase = download.phase;
        if result.conditions_failed && !attempt.unconditional {
            self.retry_unconditionally(attempt);
            return Disposition::intermediate(result.outcome.clone());
        }
        match self.follow_redirect(&attempt, result) {
            redirected @ Outcome::Redirected(_) => Disposition::intermediate(redirected),
            Outcome::Ok => self.on_verified_body(id),
            // The country's flag was found, so the download cannot end as not found.
            Outcome::NotFound if phase == DownloadPhase::Metadata => {
                let missing = Outcome::BadMetadata("there is none".to_owned());
                self.fail(id, missing, result.retry_after, now)
            }
            outcome @ (Outcome::NotFound | Outcome::NotModified) => {
                self.end_download(key, outcome, BodyAction::Discard)
            }
            failed => self.fail(id, failed, result.retry_after, now),
        }
    }

    /// Has the body saved, or, if its file name is not known yet, staged.
    fn on_verified_body(&mut self, id: AttemptId) -> Disposition {
        let key = id.download_key;
        let download = &mut self.downloads[key];
        let is_resource = download.phase == DownloadPhase::Resource;
        if self.workload[download.index].saves_by_country && is_resource {
            download.staging = Some(id);
            let superseded = self.supersede(key);
            return Disposition {
                body_action: BodyAction::Stage,
                superseded,
                ..Disposition::intermediate(Outcome::Ok)
            };
        }
        let body_action = if is_resource {
            BodyAction::Save
        } else {
            BodyAction::RenameStaged
        };
        self.end_download(key, Outcome::Ok, body_action)
    }

    /// Ends a download and supersedes its other attempts in flight.
    pub(super) fn end_download(
        &mut self,
        download_key: usize,
        outcome: Outcome,
        body_action: BodyAction,
    ) -> Disposition {
        let superseded = self.supersede(download_key);
        self.downloads.remove(download_key);
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
}
