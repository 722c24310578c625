//! A server with a concurrency limit and a queue, in virtual time.

use flagpole_protocol::Outcome;
use std::collections::{BinaryHeap, VecDeque};
use std::{cmp::Reverse, time::Duration};

pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) struct SimulatedServer {
    pub(super) max_concurrency: usize,
    pub(super) queue: usize,
    /// The service time by seed and number of the request.
    pub(super) service: fn(u64, u64) -> Duration,
    pub(super) seed: u64,
}

pub(super) struct SimulationResult {
    pub(super) wall: Duration,
    pub(super) rejected: u64,
    pub(super) final_limit: usize,
}

/// The outcome of a request, and when it was sent and ended.
pub(super) type Sample<'a> = (&'a Outcome, Duration, Duration);

impl SimulatedServer {
    /// Sends requests until `goal` have succeeded. `limit` takes each sample and returns the concurrency.
    pub(super) fn simulate(
        &self,
        goal: u64,
        mut limit: impl FnMut(Option<Sample<'_>>) -> usize,
    ) -> SimulationResult {
        let mut ends = BinaryHeap::new();
        let mut waiting: VecDeque<(u64, Duration)> = VecDeque::new();
        let (mut now, mut number, mut in_service, mut in_flight) = (Duration::ZERO, 0, 0, 0);
        let (mut succeeded, mut rejected, mut allowed) = (0, 0, limit(None));
        while succeeded < goal {
            while in_flight < allowed {
                in_flight += 1;
                number += 1;
                if in_service < self.max_concurrency {
                    in_service += 1;
                    ends.push(Reverse((
                        now + (self.service)(self.seed, number),
                        number,
                        now,
                        true,
                    )));
                } else if waiting.len() < self.queue {
                    waiting.push_back((number, now));
                } else {
                    // The round trip of a request rejected at once.
                    ends.push(Reverse((now + MS / 10, number, now, false)));
                }
            }
            let Reverse((end, _, sent, is_ok)) = ends.pop().unwrap();
            now = end;
            in_flight -= 1;
            let outcome = if is_ok {
                succeeded += 1;
                in_service -= 1;
                if let Some((number, sent)) = waiting.pop_front() {
                    in_service += 1;
                    ends.push(Reverse((
                        now + (self.service)(self.seed, number),
                        number,
                        sent,
                        true,
                    )));
                }
                Outcome::Ok
            } else {
                rejected += 1;
                Outcome::Http(503)
            };
            allowed = limit(Some((&outcome, sent, now)));
        }
        SimulationResult {
            wall: now,
            rejected,
            final_limit: allowed,
        }
    }
}
