//! How many requests to have in flight, found out from how the server answers.
//!
//! Two signals, both from congestion control in networks, as in Netflix's `concurrency-limits`:
//!
//! - Latency, as in TCP Vegas (Brakmo, O'Malley and Peterson, 1994): what is in flight beyond what a
//!   server works on at once only waits in its queue, and answers take longer. The median of a round is
//!   set against a base, the median without a load: medians, since an answer that takes long by chance
//!   says nothing of the load.
//! - Losses, as in RFC 5681: doubled every round at first (section 3.1, slow start), then one more a
//!   round, and cut when something is lost: when the server says that it is too many (429, 503), says
//!   nothing in time, or resets the connection.
//!
//! A round counts only requests that were sent after the limit was last changed: the answers of others
//! tell of an older limit.

use flagpole_protocol::Outcome;
use std::time::Duration;

/// Requests in flight at the beginning.
const INITIAL_LIMIT: usize = 4;

/// So few samples make no round. At first rounds are short, to be at full speed soon.
const ROUND_AT_FIRST: usize = 10;
const ROUND: usize = 30;

/// How far the base goes towards a round's median: a single lucky round must not pass for the truth.
const EWMA_ALPHA: f64 = 0.1;

/// Up to so many times the base a median may be, and the limit grows.
const GROW_BELOW: f64 = 1.6;

/// Beyond this it shrinks. Between the two it stays: the server's queue is short and never empty.
const SHRINK_ABOVE: f64 = 2.2;

/// What remains of the limit after a loss; less does not remain for any other reason.
const BACKOFF_RATIO: f64 = 0.7;

/// A controller. It has no clock: points in time come from the records.
#[derive(Clone, Debug)]
pub(crate) struct AdaptiveLimit {
    now: usize,
    most: usize,
    /// Whether it still doubles.
    is_starting: bool,
    /// When the limit was last changed.
    since: Duration,
    /// Latencies of this round.
    round: Vec<Duration>,
    /// The median without a load, in seconds.
    base: Option<f64>,
}

impl AdaptiveLimit {
    /// At most so many, 0 counting as 1.
    pub(crate) fn new(most: usize) -> AdaptiveLimit {
        let most = most.max(1);
        AdaptiveLimit {
            now: INITIAL_LIMIT.min(most),
            most,
            is_starting: true,
            since: Duration::ZERO,
            round: Vec::new(),
            base: None,
        }
    }

    /// How many requests to have in flight now.
    pub(crate) fn get(&self) -> usize {
        self.now
    }

    /// Takes account of a request that was sent and ended at these times.
    pub(crate) fn on_sample(&mut self, outcome: &Outcome, sent: Duration, done: Duration) {
        if sent < self.since {
            return;
        }
        match outcome {
            Outcome::Ok | Outcome::NotModified | Outcome::NotFound => {
                self.round.push(done.saturating_sub(sent));
                let fewest = if self.is_starting {
                    ROUND_AT_FIRST
                } else {
                    ROUND
                };
                if self.round.len() >= self.now.max(fewest) {
                    self.end_round(done);
                }
            }
            Outcome::Http(429 | 503) | Outcome::Timeout(..) | Outcome::ConnectionReset => {
                self.is_starting = false;
                self.change(self.now as f64 * BACKOFF_RATIO, done);
            }
            // These tell of something else than load.
            _ => {}
        }
    }

    fn end_round(&mut self, now: Duration) {
        self.round.sort_unstable();
        let median = self.round[self.round.len() / 2].as_secs_f64();
        let base = self.update_baseline(median);
        let times = median / base.max(f64::MIN_POSITIVE);
        let limit = self.now as f64;
        if times <= GROW_BELOW {
            let more = if self.is_starting { limit } else { 1.0 };
            self.change(limit + more, now);
            return;
        }
        self.is_starting = false;
        if times > SHRINK_ABOVE {
            self.change(limit * (GROW_BELOW / times).max(BACKOFF_RATIO), now);
        }
        self.round.clear();
    }

    /// Learns from a round's median what it would be without a load. Only so few requests that they
    /// cannot be a load, or the first rounds, may raise it: otherwise a queue that is always there
    /// would come to pass for the server's own pace.
    fn update_baseline(&mut self, median: f64) -> f64 {
        let base = self.base.unwrap_or(median);
        let is_unloaded =
            self.now <= INITIAL_LIMIT || self.is_starting && median <= base * GROW_BELOW;
        let base = if median < base || is_unloaded {
            base + (median - base) * EWMA_ALPHA
        } else {
            base
        };
        self.base = Some(base);
        base
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 1 and the most"
    )]
    fn change(&mut self, limit: f64, now: Duration) {
        self.now = limit.round().clamp(1.0, self.most as f64) as usize;
        self.since = now;
        self.round.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::TimeoutKind::{FirstByte, Total};
    use std::cmp::Reverse;
    use std::collections::{BinaryHeap, VecDeque};

    const MS: Duration = Duration::from_millis(1);

    /// A server with seats and a queue before them, in virtual time.
    struct SimulatedServer {
        seats: usize,
        queue: usize,
        /// How long the n-th request is in service.
        service: fn(u64) -> Duration,
    }

    /// What came of so many requests.
    struct SimulationResult {
        wall: Duration,
        refused: u64,
        last: usize,
    }

    fn limited(most: usize) -> impl FnMut(Option<(&Outcome, Duration, Duration)>) -> usize {
        let mut limit = AdaptiveLimit::new(most);
        move |seen| {
            if let Some((outcome, sent, done)) = seen {
                limit.on_sample(outcome, sent, done);
            }
            limit.get()
        }
    }

    impl SimulatedServer {
        /// Sends requests until so many are answered well, as many at once as `lanes` says.
        fn simulate(
            &self,
            goal: u64,
            mut lanes: impl FnMut(Option<(&Outcome, Duration, Duration)>) -> usize,
        ) -> SimulationResult {
            let mut ends = BinaryHeap::new();
            let mut waiting: VecDeque<(u64, Duration)> = VecDeque::new();
            let (mut now, mut number, mut in_service, mut in_flight) = (Duration::ZERO, 0, 0, 0);
            let (mut good, mut refused, mut allowed) = (0, 0, lanes(None));
            while good < goal {
                while in_flight < allowed {
                    in_flight += 1;
                    number += 1;
                    if in_service < self.seats {
                        in_service += 1;
                        ends.push(Reverse((now + (self.service)(number), number, now, true)));
                    } else if waiting.len() < self.queue {
                        waiting.push_back((number, now));
                    } else {
                        // Said at once, and on the way for a moment.
                        ends.push(Reverse((now + MS / 10, number, now, false)));
                    }
                }
                let Reverse((end, _, sent, is_good)) = ends.pop().unwrap();
                now = end;
                in_flight -= 1;
                let outcome = if is_good {
                    Outcome::Ok
                } else {
                    Outcome::Http(503)
                };
                if is_good {
                    good += 1;
                    in_service -= 1;
                    if let Some((number, sent)) = waiting.pop_front() {
                        in_service += 1;
                        ends.push(Reverse((now + (self.service)(number), number, sent, true)));
                    }
                } else {
                    refused += 1;
                }
                allowed = lanes(Some((&outcome, sent, now)));
            }
            SimulationResult {
                wall: now,
                refused,
                last: allowed,
            }
        }
    }

    /// A number between 0 and 1, in no order (the finaliser of SplitMix64).
    fn chance(number: u64) -> f64 {
        let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly spread over 0 to 40 ms.
    fn uneven(number: u64) -> Duration {
        (40 * MS).mul_f64(chance(number))
    }

    /// Exponential with a mean of 20 ms.
    fn tailed(number: u64) -> Duration {
        (20 * MS).mul_f64(-(1.0 - chance(number)).ln())
    }

    #[test]
    fn it_is_as_good_as_the_best_fixed_number_and_hardly_ever_refused() {
        for service in [|_| 20 * MS, uneven, tailed] {
            let door = SimulatedServer {
                seats: 8,
                queue: 16,
                service,
            };
            let best = (1..=24).map(|m| door.simulate(5000, move |_| m).wall).min();
            let found = door.simulate(5000, limited(200));
            let share = best.unwrap().as_secs_f64() / found.wall.as_secs_f64();
            assert!(share > 0.9, "{share} of the best");
            assert!(found.refused < 250, "{} refused", found.refused);
        }
    }

    #[test]
    fn a_server_without_a_queue_makes_it_back_off() {
        let door = SimulatedServer {
            seats: 8,
            queue: 0,
            service: |_| 20 * MS,
        };
        let best = door.simulate(5000, |_| 8).wall;
        let found = door.simulate(5000, limited(200));
        assert!(found.wall < best * 3 / 2, "{:?}", found.wall);
        assert!((1..=16).contains(&found.last));
        assert!(found.refused < 750, "{} refused", found.refused);
    }

    #[test]
    fn a_server_with_room_for_all_gets_all() {
        let door = SimulatedServer {
            seats: 1000,
            queue: 0,
            service: uneven,
        };
        assert_eq!(door.simulate(5000, limited(64)).last, 64);
    }

    #[test]
    fn a_server_that_slows_down_past_the_timeout_makes_it_back_off() {
        let timeout = 100 * MS;
        for lost in [Outcome::Timeout(Total, timeout), Outcome::ConnectionReset] {
            let (mut limit, mut now) = (AdaptiveLimit::new(64), Duration::ZERO);
            // All that is in flight is sent at once and ends at once.
            let mut round = |took: &dyn Fn(u32) -> Duration| {
                let in_flight = limit.get();
                let took = took(u32::try_from(in_flight).unwrap());
                let outcome = if took > timeout {
                    lost.clone()
                } else {
                    Outcome::Ok
                };
                let (sent, done) = (now, now + took.min(timeout));
                now = done;
                (0..in_flight).for_each(|_| limit.on_sample(&outcome, sent, done));
                limit.get()
            };
            let fast: Vec<_> = (0..30).map(|_| round(&|_| 20 * MS)).collect();
            assert_eq!(fast.last(), Some(&64));
            let slow: Vec<_> = (0..30).map(|_| round(&|shared| 5 * MS * shared)).collect();
            assert!(slow[10..].iter().all(|limit| *limit <= 20), "{slow:?}");
        }
    }

    #[test]
    fn answers_let_it_grow_and_failures_do_not() {
        let after = |outcome: &Outcome| {
            let mut limit = AdaptiveLimit::new(64);
            (0..100).for_each(|n| limit.on_sample(outcome, n * MS, (n + 1) * MS));
            limit.get()
        };
        for answer in [Outcome::Ok, Outcome::NotModified, Outcome::NotFound] {
            assert!(after(&answer) > INITIAL_LIMIT, "{answer}");
        }
        for lost in [
            Outcome::Http(503),
            Outcome::Timeout(FirstByte, MS),
            Outcome::ConnectionReset,
        ] {
            assert_eq!(after(&lost), 1, "{lost}");
        }
        for failed in [
            Outcome::Http(500),
            Outcome::ConnectionRefused,
            Outcome::Corrupt,
        ] {
            assert_eq!(after(&failed), INITIAL_LIMIT, "{failed}");
        }
    }

    #[test]
    fn there_is_always_one_and_never_more_than_the_most() {
        for most in [0, 1, 3] {
            let mut limit = AdaptiveLimit::new(most);
            for n in 0..100 {
                let outcome = if n % 3 == 0 {
                    Outcome::Http(429)
                } else {
                    Outcome::Ok
                };
                limit.on_sample(&outcome, n * MS, (n + 1) * MS);
                assert!((1..=most.max(1)).contains(&limit.get()));
            }
        }
    }
}
