//! Requests that got no byte of a response on a reused connection.

use super::trace::{MS, ScriptedServer, Trace, after, flags, hedging, result, retrying, simulate};
use crate::policy::{Policy, RetryBudgetConfig};
use crate::scheduler::{AttemptResult, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};
use std::time::Duration;

/// An attempt that ended without a byte on a reused connection.
fn died() -> AttemptResult {
    AttemptResult {
        died_unanswered: true,
        ..result(Outcome::ConnectionReset)
    }
}

/// Requests die unless their connection is new.
fn stale_connections(spec: &AttemptSpec) -> (AttemptResult, Duration) {
    let is_fresh = spec.plan.fresh_connection;
    (
        if is_fresh {
            result(Outcome::Ok)
        } else {
            died()
        },
        MS,
    )
}

fn repeating(policy: Policy) -> Policy {
    Policy {
        retry_stale: true,
        ..policy
    }
}

fn one_download(policy: &Policy, server: ScriptedServer<'_>) -> Trace {
    simulate(&flags(1), policy, 2, server)
}

#[test]
fn request_that_died_unanswered_is_repeated_at_once_on_a_fresh_connection() {
    let no_retries = RetryBudgetConfig {
        ratio: 0.0,
        min_retries: 0,
    };
    let policy = Policy {
        budget: Some(no_retries),
        ..repeating(Policy::default())
    };
    let trace = one_download(&policy, &stale_connections);
    assert_eq!(trace.outcomes(), [Outcome::ConnectionReset, Outcome::Ok]);
    let (repeat, _) = &trace.attempts[1];
    assert_eq!((repeat.plan.kind, repeat.attempt), (AttemptKind::Retry, 2));
    assert_eq!((repeat.plan.request_number, repeat.due), (1, MS));
    assert_eq!(repeat.plan.backoff, Duration::ZERO);
}

#[test]
fn stale_connections_are_final_unless_the_policy_repeats() {
    let trace = one_download(&Policy::default(), &stale_connections);
    assert_eq!(trace.outcomes(), [Outcome::ConnectionReset]);
    assert!(trace.attempts[0].1.is_final);
}

#[test]
fn repetition_does_not_count_as_a_try() {
    let trace = one_download(&repeating(retrying(2)), &|spec| {
        let is_fresh = spec.plan.fresh_connection;
        (
            if is_fresh {
                result(Outcome::EmptyReply)
            } else {
                died()
            },
            MS,
        )
    });
    let attempts = trace
        .attempts
        .iter()
        .map(|(spec, _)| (spec.plan.request_number, spec.plan.fresh_connection));
    // The retry follows a try that died on a reused connection, so it uses a fresh one.
    assert_eq!(
        attempts.collect::<Vec<_>>(),
        [(1, false), (1, true), (2, true)]
    );
}

#[test]
fn ordinary_retry_after_a_stale_connection_uses_a_fresh_one() {
    let trace = one_download(&retrying(3), &|spec| match spec.attempt {
        1 => (died(), MS),
        _ => after(1, Outcome::ConnectionReset),
    });
    let fresh = trace
        .attempts
        .iter()
        .map(|(spec, _)| spec.plan.fresh_connection);
    assert_eq!(fresh.collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn redirect_hop_after_a_repetition_may_be_repeated_itself() {
    let trace = one_download(&repeating(Policy::default()), &|spec| match (
        &spec.plan.path,
        spec.plan.fresh_connection,
    ) {
        (_, false) => (died(), MS),
        (None, true) => {
            let hop = AttemptResult {
                redirect: Some("/x".into()),
                ..result(Outcome::Http(302))
            };
            (hop, MS)
        }
        (Some(_), true) => after(1, Outcome::Ok),
    });
    let [reset, redirected] = [Outcome::ConnectionReset, Outcome::Redirected(302)];
    assert_eq!(
        trace.outcomes(),
        [reset.clone(), redirected, reset, Outcome::Ok]
    );
}

#[test]
fn repetition_of_a_hedged_request_is_not_hedged_again() {
    let trace = one_download(&repeating(hedging(10 * MS, 1.0)), &|spec| match (
        spec.plan.kind,
        spec.plan.fresh_connection,
    ) {
        (AttemptKind::Hedge, _) => after(100, Outcome::Ok),
        (_, true) => after(80, Outcome::ConnectionReset),
        (_, false) => (died(), 15 * MS),
    });
    assert_eq!(trace.count(AttemptKind::Hedge), 1);
    let [reset, ok] = [Outcome::ConnectionReset, Outcome::Ok];
    assert_eq!(trace.outcomes(), [reset.clone(), reset, ok]);
}
