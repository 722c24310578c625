//! Requests that may not be sent again.

use super::trace::{MS, after, flags, hedging, result, retrying, simulate};
use crate::policy::Policy;
use crate::scheduler::{AttemptResult, AttemptSpec};
use crate::{RequestMessage, Workload};
use flagpole_protocol::{AttemptKind, Outcome, TimeoutKind};
use http::Method;
use std::time::Duration;

fn one_download(method: Method) -> Workload {
    let mut workload = flags(1);
    workload.downloads[0].message = Some(0);
    workload.messages = vec![RequestMessage::new(method).unwrap()];
    workload
}

/// The number of attempts with this method, if all end so.
fn attempts(method: Method, policy: &Policy, end: &AttemptResult) -> usize {
    let server = |_: &AttemptSpec| (end.clone(), 50 * MS);
    simulate(&one_download(method), policy, 2, &server)
        .attempts
        .len()
}

/// What an attempt on a reused connection that died gives.
fn died() -> AttemptResult {
    AttemptResult {
        died_unanswered: true,
        ..result(Outcome::EmptyReply)
    }
}

#[test]
fn only_idempotent_requests_are_repeated() {
    let stale = Policy {
        retry_stale: true,
        ..Policy::default()
    };
    let hedged = hedging(MS, 1.0);
    for (policy, end) in [
        (&retrying(2), result(Outcome::Http(503))),
        (&stale, died()),
        (&hedged, result(Outcome::Http(501))),
    ] {
        let count = |method| attempts(method, policy, &end);
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            assert_eq!(count(method), 2);
        }
        for method in [Method::POST, Method::PATCH] {
            assert_eq!(count(method.clone()), 1);
            let bold = Policy {
                repeat_non_idempotent: true,
                ..policy.clone()
            };
            assert_eq!(attempts(method, &bold, &end), 2);
        }
    }
}

#[test]
fn request_that_was_not_sent_is_retried_with_any_method() {
    let limit = Duration::from_secs(1);
    for unsent in [
        Outcome::ConnectionRefused,
        Outcome::Timeout(TimeoutKind::Connect, limit),
    ] {
        assert_eq!(attempts(Method::POST, &retrying(3), &result(unsent)), 3);
    }
}

#[test]
fn redirect_to_a_get_may_be_repeated_but_not_the_post_before_it() {
    let server = |spec: &AttemptSpec| {
        let redirect = AttemptResult {
            redirect: Some("/x".into()),
            redirects_to_get: true,
            ..result(Outcome::Http(303))
        };
        match (&spec.plan.path, spec.plan.fresh_connection) {
            (None, _) => (redirect, MS),
            (Some(_), false) => (died(), MS),
            (Some(_), true) => after(1, Outcome::ConnectionRefused),
        }
    };
    let policy = Policy {
        retry_stale: true,
        ..retrying(3)
    };
    let trace = simulate(&one_download(Method::POST), &policy, 1, &server);
    let kinds = trace.attempts.iter().map(|(spec, _)| spec.plan.kind);
    let expected = [
        AttemptKind::First,
        AttemptKind::Redirect,
        AttemptKind::Retry,
    ];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}
