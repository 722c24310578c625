//! Hedged attempts.

use super::trace::{MS, after, busy, flags, hedging, result, retrying, simulate};
use crate::Workload;
use crate::policy::{Hedge, Policy};
use flagpole_protocol::{AttemptKind, CountryCode, Outcome};

#[test]
fn the_loser_of_a_hedge_is_cancelled() {
    let trace = simulate(
        &flags(1),
        &hedging(10 * MS, 1.0),
        2,
        &|spec| match spec.plan.kind {
            AttemptKind::Hedge => after(5, Outcome::Ok),
            _ => after(1000, Outcome::Ok),
        },
    );
    assert_eq!(trace.outcomes(), [Outcome::Ok, Outcome::HedgeLost]);
    assert_eq!(trace.attempts[0].0.plan.kind, AttemptKind::Hedge);
    assert_eq!((trace.wall, trace.attempts[1].1.is_final), (15 * MS, false));
}

#[test]
fn a_concurrency_of_one_never_hedges() {
    let trace = simulate(&flags(5), &hedging(MS, 1.0), 1, &|_| after(50, Outcome::Ok));
    assert_eq!(trace.count(AttemptKind::Hedge), 0);
}

#[test]
fn a_try_fails_only_if_hedge_and_primary_fail() {
    let trace = simulate(
        &flags(1),
        &hedging(10 * MS, 1.0),
        2,
        &|spec| match spec.plan.kind {
            AttemptKind::Hedge => after(5, Outcome::ConnectionReset),
            _ => after(100, Outcome::Ok),
        },
    );
    assert_eq!(trace.outcomes(), [Outcome::ConnectionReset, Outcome::Ok]);
    assert!(!trace.attempts[0].1.is_final && trace.attempts[1].1.is_final);
}

#[test]
fn retry_after_uses_max_of_hedge_and_primary() {
    let policy = Policy {
        retry: retrying(2).retry,
        ..hedging(10 * MS, 1.0)
    };
    for [primary, hedge] in [[Some(7000 * MS), None], [None, Some(7000 * MS)]] {
        for [primary_ends, hedge_ends] in [[30, 50], [50, 30]] {
            let trace = simulate(&flags(1), &policy, 2, &|spec| match spec.plan.kind {
                AttemptKind::First => (busy(primary), primary_ends * MS),
                AttemptKind::Hedge if spec.attempt == 2 => (busy(hedge), (hedge_ends - 10) * MS),
                _ => (busy(None), MS),
            });
            let (retry, _) = &trace.attempts[2];
            assert!(retry.plan.backoff >= 7000 * MS, "{:?}", retry.plan.backoff);
            assert_eq!(trace.attempts.len(), 3);
        }
    }
}

#[test]
fn not_modified_counts_as_latency_sample() {
    let hedge = Hedge {
        max_ratio: 1.0,
        ..Hedge::default()
    };
    let policy = Policy {
        hedge: Some(hedge),
        ..Policy::default()
    };
    let trace = simulate(&flags(40), &policy, 2, &|spec| {
        let is_slow = spec.plan.index == 30 && spec.plan.kind == AttemptKind::First;
        let took = if is_slow { 100 * MS } else { MS };
        (result(Outcome::NotModified), took)
    });
    let mut attempts = trace.attempts.iter();
    assert!(
        attempts.any(|(spec, _)| (spec.plan.index, spec.plan.kind) == (30, AttemptKind::Hedge))
    );
}

#[test]
fn request_number_follows_from_download_try_and_hedge() {
    let code: CountryCode = "BR".parse().unwrap();
    let policy = Policy {
        retry: retrying(3).retry,
        ..hedging(5 * MS, 1.0)
    };
    let trace = simulate(&Workload::flags([code, code]), &policy, 4, &|_| {
        after(9, Outcome::ConnectionReset)
    });
    let specs = trace.attempts.iter().map(|(spec, _)| spec);
    let mut numbers: Vec<_> = specs
        .map(|spec| (spec.plan.index, spec.plan.kind, spec.plan.request_number))
        .collect();
    numbers.sort_unstable();
    let expected = |download: usize, first: u64| {
        let tries = [
            (download, AttemptKind::First, first),
            (download, AttemptKind::Retry, first + 1),
            (download, AttemptKind::Retry, first + 2),
        ];
        let hedges = [3, 4, 5].map(|k| (download, AttemptKind::Hedge, first + k));
        [tries, hedges].concat()
    };
    assert_eq!(numbers, [expected(0, 1), expected(1, 7)].concat());
}
