//! Which attempts may be hedged, after which delay, and how many hedges were started.

use super::attempt::{AttemptId, AttemptResult};
use crate::policy::{Hedge, KaplanMeier};
use flagpole_protocol::{AttemptKind, Outcome};
use std::{collections::VecDeque, time::Duration};

/// The delay is recomputed after this many further responses, or after 1/16 more responses if that is more:
/// recomputing the delay for each response would take too long.
const REFRESH: u64 = 16;

#[derive(Clone, Debug, Default)]
pub(super) struct HedgeState {
    policy: Hedge,
    latencies: KaplanMeier,
    /// The delay, and the number of responses when the delay was computed.
    delay: (Option<Duration>, u64),
    /// Number of hedges started.
    hedges: u64,
    /// Number of attempts started that are no hedges.
    others: u64,
    /// Attempts that may need a hedge, in order of start. All have the same delay, so the first is due first.
    /// Attempts that need no hedge any more are dropped when they reach the front.
    candidates: VecDeque<AttemptId>,
}

impl HedgeState {
    pub(super) fn new(policy: Hedge) -> HedgeState {
        let delay = policy.current_delay(&KaplanMeier::default(), &[]);
        HedgeState {
            policy,
            delay: (delay, 0),
            ..HedgeState::default()
        }
    }

    /// Redirect hops are not hedged: each belongs to an attempt that may be hedged itself.
    pub(super) fn on_start(&mut self, id: AttemptId, kind: AttemptKind) {
        match kind {
            AttemptKind::Hedge => self.hedges += 1,
            AttemptKind::Redirect => self.others += 1,
            AttemptKind::First
            | AttemptKind::Retry
            | AttemptKind::Metadata
            | AttemptKind::Duplicate => {
                self.others += 1;
                self.candidates.push_back(id);
            }
        }
    }

    /// Records the service times of successes and 404s. Failures are not recorded: they are fast, or as slow as
    /// a timeout. A superseded attempt is recorded as censored (its full service time is unknown): without such
    /// records the tail would seem shorter with every hedge that wins. `in_flight` gives the elapsed times of the
    /// attempts in flight, which count as censored too.
    pub(super) fn on_result(
        &mut self,
        result: &AttemptResult,
        is_superseded: bool,
        in_flight: impl Iterator<Item = Duration>,
    ) {
        match result.outcome {
            _ if is_superseded => self.latencies.record_censored(result.service_time),
            Outcome::Ok | Outcome::NotModified | Outcome::NotFound => {
                self.latencies.record(result.service_time);
            }
            _ => {}
        }
        let ((delay, samples), count) = (self.delay, self.latencies.count());
        if delay.is_none() || count >= samples + REFRESH.max(samples / REFRESH) {
            let in_flight: Vec<_> = in_flight.collect();
            let delay = self.policy.current_delay(&self.latencies, &in_flight);
            self.delay = (delay, count);
        }
    }

    /// The first attempt to hedge, and how long after its start; `None` while no hedge is allowed.
    pub(super) fn first_candidate(
        &mut self,
        is_candidate: impl Fn(&AttemptId) -> bool,
    ) -> Option<(AttemptId, Duration)> {
        while let Some(id) = self.candidates.front() {
            if is_candidate(id) {
                let delay = self.delay.0?;
                let is_allowed = self.policy.allows(self.hedges, self.others);
                return is_allowed.then_some((*id, delay));
            }
            self.candidates.pop_front();
        }
        None
    }
}
