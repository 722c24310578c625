//! Which attempts may be hedged, and how many have been.

use super::{AttemptId, AttemptResult};
use crate::policy::{Hedge, KaplanMeier};
use flagpole_protocol::AttemptKind;
use flagpole_protocol::Outcome;
use std::collections::VecDeque;
use std::time::Duration;

/// A percentile is looked up anew when so many more answers have been seen, not for each; when there are
/// many, when there are a sixteenth more.
const REFRESH: u64 = 16;

#[derive(Clone, Debug)]
pub(crate) struct Hedging {
    policy: Hedge,
    seen: KaplanMeier,
    /// The delay, and how many answers it is of.
    delay: (Option<Duration>, u64),
    hedges: u64,
    others: u64,
    /// In the order of their start; all are due after the same delay, so the first is due first. Those
    /// that need no hedge any more are dropped when they come to the front.
    candidates: VecDeque<AttemptId>,
}

impl Hedging {
    pub(crate) fn new(policy: Hedge) -> Hedging {
        let seen = KaplanMeier::default();
        Hedging {
            policy,
            delay: (policy.current_delay(&seen, &[]), 0),
            seen,
            hedges: 0,
            others: 0,
            candidates: VecDeque::new(),
        }
    }

    /// Hops are not hedged: each is a part of an attempt that already may be.
    pub(crate) fn started(&mut self, id: AttemptId, kind: AttemptKind) {
        match kind {
            AttemptKind::Hedge => self.hedges += 1,
            AttemptKind::Redirect => self.others += 1,
            AttemptKind::First | AttemptKind::Retry | AttemptKind::Metadata => {
                self.others += 1;
                self.candidates.push_back(id);
            }
        }
    }

    /// Answers are seen, not failures, which are quick or as long as a timeout. A loser has taken at
    /// least so long: without it the tail would seem shorter with every hedge that wins. `awaited` says
    /// for how long others have been in flight.
    pub(crate) fn ended(
        &mut self,
        end: &AttemptResult,
        is_superseded: bool,
        awaited: impl Iterator<Item = Duration>,
    ) {
        match end.outcome {
            _ if is_superseded => self.seen.record_censored(end.took),
            Outcome::Ok | Outcome::NotModified | Outcome::NotFound => self.seen.record(end.took),
            _ => {}
        }
        let ((known, count), answers) = (self.delay, self.seen.count());
        if known.is_none() || answers >= count + REFRESH.max(count / REFRESH) {
            let awaited: Vec<_> = awaited.collect();
            self.delay = (self.policy.current_delay(&self.seen, &awaited), answers);
        }
    }

    /// The first attempt that is to be hedged, and how long after its start; `None` while no hedge is
    /// to be made.
    pub(crate) fn first(
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
