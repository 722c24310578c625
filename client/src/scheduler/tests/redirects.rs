//! Redirect hops.

use super::trace::{MS, after, flags, result, simulate};
use crate::policy::Policy;
use crate::scheduler::{AttemptResult, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};

#[test]
fn redirects_are_followed_up_to_the_limit_with_the_same_request_number() {
    let redirect = |_: &AttemptSpec| {
        let result = AttemptResult {
            redirect: Some("/x".into()),
            ..result(Outcome::Http(302))
        };
        (result, MS)
    };
    for (max, last) in [(2, Outcome::TooManyRedirects), (0, Outcome::Http(302))] {
        let policy = Policy {
            max_redirects: max,
            ..Policy::default()
        };
        let trace = simulate(&flags(1), &policy, 1, &redirect);
        assert_eq!(trace.count(AttemptKind::Redirect), max as usize);
        assert_eq!(trace.outcomes().last(), Some(&last));
        let (spec, _) = trace.attempts.last().unwrap();
        assert_eq!(
            (spec.plan.request_number, spec.plan.path.is_some()),
            (1, max > 0)
        );
    }
}

#[test]
fn a_redirect_out_of_the_site_is_not_followed() {
    let trace = simulate(&flags(1), &Policy::default(), 1, &|_| {
        after(1, Outcome::Http(302))
    });
    assert_eq!(trace.outcomes(), [Outcome::Http(302)]);
}

#[test]
fn a_repetition_without_conditions_starts_at_the_resource() {
    let trace = simulate(&flags(1), &Policy::default(), 1, &|spec: &AttemptSpec| {
        let is_hop = spec.plan.path.is_some();
        let result = match (is_hop, spec.plan.unconditional) {
            (true, true) => result(Outcome::Ok),
            (true, false) => AttemptResult {
                conditions_failed: true,
                ..result(Outcome::Http(416))
            },
            (false, _) => AttemptResult {
                redirect: Some("/x".into()),
                ..result(Outcome::Http(302))
            },
        };
        (result, MS)
    });
    let is_hop = trace
        .attempts
        .iter()
        .map(|(spec, _)| spec.plan.path.is_some());
    assert_eq!(is_hop.collect::<Vec<_>>(), [false, true, false, true]);
    assert_eq!(trace.outcomes().last(), Some(&Outcome::Ok));
}
