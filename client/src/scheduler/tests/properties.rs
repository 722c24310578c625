//! What holds for every workload, policy and server.

use super::trace::{MS, flags, flags_with_metadata, result, retrying, simulate};
use crate::policy::{CircuitBreakerConfig, Hedge, HedgeDelay, Policy, Retry, RetryBudgetConfig};
use crate::scheduler::{AttemptResult, AttemptSpec};
use flagpole_protocol::{AttemptKind, DrawPurpose, Outcome, RngKey};
use proptest::prelude::*;
use std::{collections::BTreeSet, time::Duration};

/// A server whose results depend on what is requested, never on the time.
fn random_server(seed: u64) -> impl Fn(&AttemptSpec) -> (AttemptResult, Duration) {
    move |spec| {
        let hop = spec.plan.path.as_ref().map_or(0, |path| path.len() as u64);
        let path =
            spec.plan.resource.path().to_owned() + &"x".repeat(usize::try_from(hop).unwrap());
        let mut rng = RngKey::new(seed, 0, &path, spec.plan.request_number).rng(DrawPurpose::Fault);
        let outcome = match rng.random_range(0..9) {
            0 => Outcome::NotFound,
            1 => Outcome::Http(503),
            2 => Outcome::ConnectionReset,
            3 => Outcome::Http(302),
            4 => Outcome::TooLarge,
            5 => Outcome::EmptyReply,
            _ => Outcome::Ok,
        };
        let longer = "x".repeat(usize::try_from(hop).unwrap() + 1);
        let result = AttemptResult {
            redirect: (outcome == Outcome::Http(302)).then(|| longer.into()),
            died_unanswered: outcome == Outcome::EmptyReply && !spec.plan.fresh_connection,
            ..result(outcome)
        };
        (result, MS * rng.random_range(0..100))
    }
}

prop_compose! {
    fn policies()(
        max_attempts in 0u32..4, budget in prop::option::of((0.0..1.0, 0u32..4)),
        hedge in prop::option::of((0u64..60, 0.0..1.0)), max in 0u32..3, seed: u64,
        retry_stale: bool, breaker in prop::option::of((0.1..1.0, 1usize..9, 0u32..300)),
    ) -> Policy {
        Policy {
            retry: Retry { max_attempts, seed, ..Retry::default() },
            budget: budget.map(|(ratio, min_retries)| RetryBudgetConfig { ratio, min_retries }),
            hedge: hedge.map(|(ms, max_ratio)| Hedge {
                delay: HedgeDelay::Fixed(Duration::from_millis(ms)),
                max_ratio,
            }),
            circuit_breaker: breaker.map(|(failure_ratio, window, ms)| CircuitBreakerConfig {
                failure_ratio, window, open_time: ms * MS,
            }),
            max_redirects: max,
            retry_stale,
            ..Policy::default()
        }
    }
}

proptest! {
    #[test]
    fn every_run_ends_and_decides_each_download_once(
        policy in policies(), downloads in 0usize..30, concurrency in 1usize..12, named: bool, seed: u64,
    ) {
        let workload = if named { flags_with_metadata(downloads) } else { flags(downloads) };
        let trace = simulate(&workload, &policy, concurrency, &random_server(seed));
        prop_assert!(trace.peak_in_flight <= concurrency);
        let decided: Vec<_> = trace.attempts.iter().filter(|(_, d)| d.is_final).collect();
        let distinct: BTreeSet<_> = decided.iter().map(|(spec, _)| spec.plan.index).collect();
        prop_assert_eq!((decided.len(), distinct.len()), (downloads, downloads));
    }

    #[test]
    fn nothing_is_sent_while_the_circuit_is_open_and_one_probe_afterwards(
        policy in policies(), downloads in 0usize..60, concurrency in 1usize..12, seed: u64,
    ) {
        let trace = simulate(&flags(downloads), &policy, concurrency, &random_server(seed));
        let open_time = policy.circuit_breaker.map_or(Duration::ZERO, |one| one.open_time);
        let rejected: BTreeSet<_> = trace.attempts.iter()
            .filter(|(spec, _)| spec.is_rejected)
            .map(|(spec, _)| spec.id)
            .collect();
        for (opening, started) in &trace.openings {
            let later = trace.started.iter().skip(*started);
            let mut sent = later.filter(|(id, _)| !rejected.contains(id));
            let Some((probe, start)) = sent.next() else { continue };
            prop_assert!(*start >= *opening + open_time);
            if let Some((_, next)) = sent.next() {
                prop_assert!(*next >= trace.ended[probe]);
            }
        }
    }

    #[test]
    fn hedges_and_retries_stay_within_their_ratios(
        policy in policies(), concurrency in 1usize..12, named: bool, seed: u64,
    ) {
        let workload = if named { flags_with_metadata(20) } else { flags(20) };
        let trace = simulate(&workload, &policy, concurrency, &random_server(seed));
        let hedges = trace.count(AttemptKind::Hedge);
        let others = trace.attempts.len() - hedges;
        prop_assert!(hedges as f64 <= policy.hedge.map_or(0.0, |h| h.max_ratio) * others as f64);
        let firsts = trace.count(AttemptKind::First) + trace.count(AttemptKind::Metadata);
        if let Some(RetryBudgetConfig { ratio, min_retries }) = policy.budget {
            let limit = ratio * firsts as f64 + f64::from(min_retries) + 1e-6;
            let retries = trace.attempts.iter().filter(|(spec, _)| !spec.plan.backoff.is_zero());
            prop_assert!(retries.count() as f64 <= limit);
        }
    }

    #[test]
    fn no_two_attempts_are_the_same_request_but_for_repetitions_on_a_fresh_connection(
        policy in policies(), concurrency in 1usize..12, named: bool, seed: u64,
    ) {
        let workload = if named { flags_with_metadata(20) } else { flags(20) };
        let trace = simulate(&workload, &policy, concurrency, &random_server(seed));
        let specs = trace.attempts.iter().map(|(spec, _)| spec);
        let distinct: BTreeSet<_> = specs
            .map(|spec| &spec.plan)
            .map(|plan| (plan.resource, plan.request_number, plan.path.clone(), plan.fresh_connection))
            .collect();
        prop_assert_eq!(distinct.len(), trace.attempts.len());
    }

    #[test]
    fn no_attempt_succeeds_after_the_end_of_its_download(
        policy in policies(), concurrency in 1usize..12, seed: u64,
    ) {
        let trace = simulate(&flags(20), &policy, concurrency, &random_server(seed));
        let mut ended = BTreeSet::new();
        for (spec, disposition) in &trace.attempts {
            let is_superseded = matches!(disposition.outcome, Outcome::HedgeLost | Outcome::CircuitOpen);
            prop_assert!(!ended.contains(&spec.plan.index) || is_superseded);
            if matches!(disposition.outcome, Outcome::Ok | Outcome::NotFound) {
                ended.insert(spec.plan.index);
            }
        }
    }

    #[test]
    fn without_hedges_and_budget_results_do_not_depend_on_the_concurrency(
        max_attempts in 1u32..4, one in 1usize..12, other in 1usize..12, seed: u64,
    ) {
        let results = |concurrency| {
            let policy = retrying(max_attempts);
            let trace = simulate(&flags(20), &policy, concurrency, &random_server(seed));
            let mut results: Vec<_> = trace.attempts.into_iter()
                .map(|(s, d)| (s.plan.index, s.attempt, s.plan.request_number, s.plan.backoff, d.outcome.label(), d.is_final))
                .collect();
            results.sort_unstable();
            results
        };
        prop_assert_eq!(results(one), results(other));
    }
}
