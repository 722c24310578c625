//! A circuit breaker: after many failures nothing is sent for a while, which spares the server and fails quickly. Michael
//! Nygard, "Release It!" (2007); the states, the count-based sliding window and the terms are those of resilience4j.

use std::collections::VecDeque;
use std::time::Duration;

/// When a run stops sending requests for a while. A failure is an outcome that may be retried. An attempt that is cancelled,
/// superseded, or repeated at once on a new connection counts neither as a failure nor as a success.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitBreakerConfig {
    /// The circuit breaker opens when this share of the results in the window are failures, above 0 and at most 1.
    pub failure_ratio: f64,
    /// The number of results in the window. The circuit breaker opens only when the window is full; 0 counts as 1.
    pub window: usize,
    /// How long the circuit breaker stays open.
    pub open_time: Duration,
}

impl Default for CircuitBreakerConfig {
    /// Opens for 5 s when half of the last 20 results are failures.
    fn default() -> CircuitBreakerConfig {
        CircuitBreakerConfig {
            failure_ratio: 0.5,
            window: 20,
            open_time: Duration::from_secs(5),
        }
    }
}

/// The state machine. Times count from the start of the run.
#[derive(Clone, Debug)]
pub(crate) struct CircuitBreaker {
    config: CircuitBreakerConfig,
    state: CircuitState,
    /// The number of changes of the state. A result of an attempt that got its permit in an earlier state does not count.
    generation: u64,
    /// How often the circuit breaker has opened.
    openings: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum CircuitState {
    /// Everything is sent. The last results, the newest last: whether each was a failure.
    Closed(VecDeque<bool>),
    /// Nothing is sent until this time.
    Open(Duration),
    /// One request, the probe, decides what follows.
    HalfOpen { has_probe: bool },
}

/// The permission to send one request: the generation in which it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CircuitPermit(u64);

impl CircuitBreaker {
    pub(crate) fn new(config: CircuitBreakerConfig) -> CircuitBreaker {
        CircuitBreaker {
            config,
            state: CircuitState::Closed(VecDeque::new()),
            generation: 0,
            openings: 0,
        }
    }

    /// How often the circuit breaker has opened.
    pub(crate) fn openings(&self) -> u64 {
        self.openings
    }

    /// The permission to send a request at `now`; `None` if nothing may be sent. Each permit ends with
    /// [`on_result`](Self::on_result) or [`release`](Self::release).
    pub(crate) fn try_acquire(&mut self, now: Duration) -> Option<CircuitPermit> {
        if matches!(self.state, CircuitState::Open(until) if until <= now) {
            self.change(CircuitState::HalfOpen { has_probe: false });
        }
        match &mut self.state {
            CircuitState::Closed(_) => {}
            CircuitState::HalfOpen { has_probe } if !*has_probe => *has_probe = true,
            CircuitState::HalfOpen { .. } | CircuitState::Open(_) => return None,
        }
        Some(CircuitPermit(self.generation))
    }

    /// Takes the result of a request that ended at `now`.
    pub(crate) fn on_result(&mut self, permit: CircuitPermit, is_failure: bool, now: Duration) {
        if permit.0 != self.generation {
            return;
        }
        match &mut self.state {
            CircuitState::Closed(results) => {
                let window = self.config.window.max(1);
                results.push_back(is_failure);
                if results.len() > window {
                    results.pop_front();
                }
                let failures = results.iter().filter(|is_failure| **is_failure).count();
                // Tolerates the rounding error of the product: 0.07 of 100 is 7.
                let limit = self.config.failure_ratio * window as f64 - 1e-6;
                if results.len() == window && failures as f64 >= limit {
                    self.open(now);
                }
            }
            CircuitState::HalfOpen { .. } if is_failure => self.open(now),
            CircuitState::HalfOpen { .. } => self.change(CircuitState::Closed(VecDeque::new())),
            // Gives no permits.
            CircuitState::Open(_) => {}
        }
    }

    /// Takes back a permit whose request has no result that counts.
    pub(crate) fn release(&mut self, permit: CircuitPermit) {
        if permit.0 == self.generation
            && let CircuitState::HalfOpen { has_probe } = &mut self.state
        {
            *has_probe = false;
        }
    }

    fn open(&mut self, now: Duration) {
        self.openings += 1;
        self.change(CircuitState::Open(
            now.saturating_add(self.config.open_time),
        ));
    }

    fn change(&mut self, state: CircuitState) {
        self.generation += 1;
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    /// Opens for 100 ms when half of the last 4 results are failures.
    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new(CircuitBreakerConfig {
            failure_ratio: 0.5,
            window: 4,
            open_time: 100 * MS,
        })
    }

    /// Requests that are sent and end at once; whether each was sent.
    fn results(breaker: &mut CircuitBreaker, now: Duration, failures: &[bool]) -> Vec<bool> {
        let send = |&is_failure: &bool| {
            let permit = breaker.try_acquire(now);
            permit
                .inspect(|permit| breaker.on_result(*permit, is_failure, now))
                .is_some()
        };
        failures.iter().map(send).collect()
    }

    #[test]
    fn opens_at_the_share_of_failures_in_a_full_window() {
        let mut breaker = breaker();
        assert_eq!(results(&mut breaker, MS, &[true; 4]), [true; 4]);
        assert_eq!(results(&mut breaker, MS, &[true; 2]), [false; 2]);
        assert_eq!(breaker.openings(), 1);
    }

    #[test]
    fn old_results_leave_the_window() {
        let mut breaker = breaker();
        let spread = [true, false, false, false, true, false, false, false];
        assert_eq!(results(&mut breaker, MS, &spread), [true; 8]);
        let last = [true, true, false];
        assert_eq!(results(&mut breaker, MS, &last), [true, true, false]);
    }

    #[test]
    fn shares_are_exact_although_their_products_are_rounded() {
        for percent in 1..=100_u8 {
            let mut breaker = CircuitBreaker::new(CircuitBreakerConfig {
                failure_ratio: f64::from(percent) / 100.0,
                window: 100,
                open_time: MS,
            });
            let mut failures = vec![true; usize::from(percent) - 1];
            failures.resize(100, false);
            results(&mut breaker, MS, &failures);
            assert_eq!(breaker.openings(), 0, "{percent}%");
            failures.insert(0, true);
            results(&mut breaker, MS, &failures[..100]);
            assert_eq!(breaker.openings(), 1, "{percent}%");
        }
    }

    #[test]
    fn probe_decides_between_closed_and_open() {
        let mut breaker = breaker();
        results(&mut breaker, Duration::ZERO, &[true; 4]);
        assert_eq!(breaker.try_acquire(99 * MS), None);
        let probe = breaker.try_acquire(100 * MS).unwrap();
        assert_eq!(breaker.try_acquire(150 * MS), None, "one probe at a time");
        breaker.on_result(probe, true, 150 * MS);
        assert_eq!(
            (breaker.openings(), breaker.try_acquire(249 * MS)),
            (2, None)
        );
        let probe = breaker.try_acquire(250 * MS).unwrap();
        breaker.on_result(probe, false, 260 * MS);
        // The window is empty: three failures are no full window.
        assert_eq!(results(&mut breaker, 260 * MS, &[true; 4]), [true; 4]);
        assert_eq!(breaker.openings(), 3);
    }

    #[test]
    fn cancelled_probe_makes_room_for_another() {
        let mut breaker = breaker();
        results(&mut breaker, Duration::ZERO, &[true; 4]);
        let probe = breaker.try_acquire(100 * MS).unwrap();
        breaker.release(probe);
        assert!(breaker.try_acquire(100 * MS).is_some());
    }

    #[test]
    fn results_of_requests_from_before_a_change_do_not_count() {
        let mut breaker = breaker();
        let early = [(); 3].map(|()| breaker.try_acquire(Duration::ZERO).unwrap());
        results(&mut breaker, Duration::ZERO, &[true; 4]);
        let probe = breaker.try_acquire(100 * MS).unwrap();
        breaker.on_result(early[0], false, 100 * MS);
        breaker.release(early[1]);
        assert_eq!(breaker.try_acquire(100 * MS), None, "the probe decides");
        breaker.on_result(probe, false, 110 * MS);
        breaker.on_result(early[2], true, 110 * MS);
        assert_eq!(breaker.state, CircuitState::Closed(VecDeque::new()));
    }

    proptest! {
        /// Requests begin and end in any order; a third of them are cancelled.
        #[test]
        fn nothing_is_sent_while_open_and_one_probe_while_half_open(
            events in prop::collection::vec((0u32..60, 0usize..4, 0u8..3), 1..300),
        ) {
            let mut breaker = breaker();
            let (mut now, mut pending, mut opened) = (Duration::ZERO, Vec::new(), None);
            for (ms, index, event) in events {
                now += ms * MS;
                if index < pending.len() {
                    let (permit, _) = pending.swap_remove(index);
                    let openings = breaker.openings();
                    match event {
                        0 => breaker.release(permit),
                        _ => breaker.on_result(permit, event == 1, now),
                    }
                    match breaker.state {
                        CircuitState::Closed(_) => opened = None,
                        _ if breaker.openings() > openings => opened = Some(now),
                        _ => {}
                    }
                } else if let Some(permit) = breaker.try_acquire(now) {
                    pending.push((permit, now));
                    let Some(opened) = opened else { continue };
                    prop_assert!(now >= opened + 100 * MS);
                    prop_assert_eq!(pending.iter().filter(|(_, sent)| *sent >= opened + 100 * MS).count(), 1);
                }
            }
        }
    }
}
