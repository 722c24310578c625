//! Chooses the attempt in flight to hedge, and makes its hedge: a duplicate of a request that takes long.

use super::attempt_scheduler::AttemptScheduler;
use super::ready_attempt::ReadyAttempt;
use super::types::AttemptId;
use flagpole_protocol::AttemptKind;
use std::time::Duration;

impl AttemptScheduler {
    /// The attempt whose hedge is due first, and when the hedge is due.
    pub(super) fn next_hedge(&mut self) -> Option<(AttemptId, Duration)> {
        let in_flight = &self.in_flight;
        let is_candidate = |id: &AttemptId| {
            let attempt = in_flight.get(id.in_flight_key);
            let attempt = attempt.filter(|attempt| attempt.serial == id.serial);
            attempt.is_some_and(|a| !a.is_hedged && !a.is_superseded && !a.has_ended)
        };
        let (id, delay) = self.hedging.as_mut()?.first_candidate(is_candidate)?;
        let started = self.in_flight[id.in_flight_key].started;
        Some((id, started.saturating_add(delay)))
    }

    /// The hedge of an attempt in flight.
    pub(super) fn hedge(&mut self, id: AttemptId, due: Duration) -> ReadyAttempt {
        let entry = self.in_flight.get_mut(id.in_flight_key);
        let entry = entry.expect("only attempts in flight are hedged");
        entry.is_hedged = true;
        let hedged = &entry.attempt;
        let download = self.downloads.get_mut(hedged.download_key);
        download
            .expect("an attempt is superseded when its download ends")
            .live_parts += 1;
        ReadyAttempt {
            kind: AttemptKind::Hedge,
            request_number: hedged.request_number + u64::from(self.policy.retry.max_attempts()),
            due: Some(due),
            backoff: Duration::ZERO,
            ..hedged.clone()
        }
    }
}
