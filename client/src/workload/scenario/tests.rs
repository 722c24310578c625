//! Iterations against a simulated server, in the closed and in the open model.

use super::definition::Scenario;
use crate::workload::arrivals::schedule::Arrivals;
use crate::workload::arrivals::stages::Stage;
use crate::workload::arrivals::unit_process::ArrivalProcess;
use crate::workload::closed_source::ClosedSource;
use crate::workload::expectation::Expectation;
use crate::workload::open_source::OpenSource;
use crate::workload::request_limit::RequestLimit;
use crate::workload::request_message::RequestMessage;
use crate::workload::share::Share;
use crate::workload::source::{
    CapturedResponse, EndedRequest, FollowedRedirect, RequestSource, SourceAction, SourceRequest,
    UserChange,
};
use crate::workload::targets::load_targets::LoadTargets;
use crate::workload::targets::order::{TargetOrder, TargetSequence};
use flagpole_protocol::Outcome;
use http::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

const SHOP: &str = r#"
    think = "1s"
    [variables]
    user = ["ann", "b b"]
    [[step]]
    name = "login"
    url = "/login?user={user}"
    body = '{"user": "{user}"}'
    fields = { content-type = "application/json", cookie = "lang=en" }
    extract = { token = { json = "/token" }, session = { field = "x-session" } }
    think = "100ms"
    [[step]]
    name = "order"
    url = "/orders/{token}"
    fields = { authorization = "Bearer {session}", cookie = "lang=en" }
"#;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn scenario(text: &str) -> Arc<Scenario> {
    let base = "http://h:8001".parse().unwrap();
    let mut targets = LoadTargets::new(
        Some(base),
        RequestMessage::default(),
        Expectation::default(),
    );
    let read = |_: &str| unreachable!();
    Arc::new(targets.add_scenario(text, &read).unwrap())
}

fn targets() -> TargetSequence {
    TargetSequence::new(TargetOrder::Sequential, 0, [1])
}

/// One user for 10 s.
fn closed(text: &str) -> ClosedSource {
    let stage = Stage::constant(1, Some(ms(10_000)));
    ClosedSource::new(&[stage], targets(), Share::WHOLE).scenario(scenario(text), 0)
}

/// An arrival a second, for 3 s.
fn open(text: &str) -> OpenSource {
    let stage = Stage::constant("1/s".parse().unwrap(), Some(ms(3000)));
    let arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 0, Share::WHOLE);
    OpenSource::new(arrivals, targets()).scenario(scenario(text), 0)
}

fn start(source: &mut dyn RequestSource, now: u64) -> SourceRequest {
    match source.next(ms(now)) {
        SourceAction::Start(request) => request,
        other => panic!("{other:?}"),
    }
}

fn response(fields: &[(&'static str, &str)], content: &str) -> CapturedResponse {
    let fields = fields.iter().map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, value.parse().unwrap())
    });
    CapturedResponse {
        status: 200,
        fields: fields.collect(),
        content: content.to_owned().into(),
    }
}

fn end(source: &mut dyn RequestSource, user: usize, at: u64, response: &CapturedResponse) {
    source.on_end(&EndedRequest {
        user,
        at: ms(at),
        outcome: &Outcome::Ok,
        response: Some(response),
    });
}

fn logged_in() -> CapturedResponse {
    let fields = [("x-session", "s1"), ("set-cookie", "id=7; Path=/")];
    response(&fields, r#"{"token": "a/b"}"#)
}

fn text(fields: &HeaderMap, name: &str) -> String {
    fields[name].to_str().unwrap().to_owned()
}

#[test]
fn cookies_of_a_redirect_go_into_the_request_that_follows_it_and_later_steps() {
    let mut source = closed(SHOP);
    let login = start(&mut source, 0);
    let redirect = response(&[("set-cookie", "id=7; Path=/home")], "");
    let redirect = FollowedRedirect {
        user: login.user,
        at: ms(20),
        path: "/home/start?a=b",
        response: Some(&redirect),
    };
    let followed = source.on_redirect(&redirect).unwrap();
    assert_eq!(followed.path, "/home/start?a=b");
    assert_eq!(text(&followed.fields, "cookie"), "lang=en; id=7");
    let elsewhere = FollowedRedirect {
        path: "/",
        response: None,
        ..redirect
    };
    let followed = source.on_redirect(&elsewhere).unwrap();
    assert_eq!(followed.fields.get("cookie"), None, "its path is another");
    end(&mut source, login.user, 50, &logged_in());
    let order = start(&mut source, 160).rendered.unwrap();
    assert_eq!(text(&order.fields, "cookie"), "lang=en; id=7");
}

#[test]
fn values_and_cookies_go_into_later_steps() {
    let mut source = closed(SHOP);
    let login = start(&mut source, 0);
    let rendered = login.rendered.unwrap();
    assert_eq!(rendered.path, "/login?user=ann");
    assert_eq!(rendered.content, r#"{"user": "ann"}"#);
    assert!(rendered.fields.is_empty(), "the target's message has them");
    end(&mut source, login.user, 50, &logged_in());
    assert!(matches!(source.next(ms(50)), SourceAction::SleepUntil(until) if until == ms(150)));
    let order = start(&mut source, 160);
    assert_eq!(
        (order.number, order.target, order.due),
        (1, 1, Some(ms(150)))
    );
    let rendered = order.rendered.unwrap();
    assert_eq!(rendered.path, "/orders/a%2Fb");
    assert_eq!(text(&rendered.fields, "authorization"), "Bearer s1");
    assert_eq!(text(&rendered.fields, "cookie"), "lang=en; id=7");
}

#[test]
fn iteration_begins_after_the_think_time_without_cookies_and_with_the_next_variables() {
    let mut source = closed(SHOP);
    let login = start(&mut source, 0);
    end(&mut source, login.user, 50, &logged_in());
    let order = start(&mut source, 150);
    assert!(matches!(source.next(ms(150)), SourceAction::Blocked));
    end(&mut source, order.user, 200, &response(&[], ""));
    let login = start(&mut source, 1200);
    assert_eq!(
        (login.number, login.target, login.due),
        (2, 0, Some(ms(1200)))
    );
    let rendered = login.rendered.unwrap();
    assert_eq!(rendered.path, "/login?user=b%20b");
    assert!(rendered.fields.is_empty());
    let counts = source.iterations().unwrap();
    assert_eq!(
        (counts.completed, counts.unfinished, counts.failed()),
        (1, 1, 0)
    );
}

#[test]
fn step_without_values_and_cookies_sends_the_message_of_its_target() {
    let mut source = closed("[[step]]\nurl = '/a'\nbody = '{{x}}'");
    assert!(start(&mut source, 0).rendered.is_none());
}

#[test]
fn failed_step_ends_the_iteration() {
    let mut source = closed(SHOP);
    let login = start(&mut source, 0);
    source.on_end(&EndedRequest {
        user: login.user,
        at: ms(50),
        outcome: &Outcome::Http(500),
        response: Some(&logged_in()),
    });
    assert_eq!(start(&mut source, 1050).target, 0);
    let counts = source.iterations().unwrap();
    assert_eq!((counts.completed, counts.steps[0].failed_requests), (0, 1));
}

#[test]
fn missing_value_ends_the_iteration_with_a_reason() {
    let mut source = closed(SHOP);
    let login = start(&mut source, 0);
    end(
        &mut source,
        login.user,
        50,
        &response(&[("x-session", "s")], "{}"),
    );
    assert_eq!(start(&mut source, 1050).target, 0);
    let counts = source.iterations().unwrap();
    assert_eq!((counts.failed(), counts.steps[0].missing_values), (1, 1));
    assert_eq!(
        counts.steps[0].first_reason.as_deref(),
        Some("the content has no string, number or boolean at `/token`")
    );
}

#[test]
fn value_that_no_request_can_have_ends_the_iteration() {
    let text = "[[step]]\nurl = '/a'\nextract = { v = { json = '/v' } }\n[[step]]\nurl = '/b'\nfields = { x = '{v}' }";
    let mut source = closed(text);
    let first = start(&mut source, 0);
    end(
        &mut source,
        first.user,
        50,
        &response(&[], r#"{"v": "a\nb"}"#),
    );
    // The user waits a little: its next request might fail in the same way.
    assert!(matches!(source.next(ms(50)), SourceAction::SleepUntil(until) if until == ms(60)));
    assert_eq!(start(&mut source, 60).target, 0);
    let step = &source.iterations().unwrap().steps[1];
    assert_eq!(
        (step.missing_values, step.first_reason.as_deref()),
        (1, Some("the value of the field `x` has control characters"))
    );
}

#[test]
fn path_that_is_too_long_cannot_spin() {
    let long = "x".repeat(9000);
    let text = format!("variables = {{ a = '{long}' }}\n[[step]]\nurl = '/{{a}}'");
    let mut source = closed(&text);
    assert!(matches!(source.next(ms(0)), SourceAction::SleepUntil(until) if until == ms(10)));
    let mut source = open(&text);
    assert!(matches!(source.next(ms(0)), SourceAction::SleepUntil(until) if until == ms(1000)));
    assert_eq!(source.iterations().unwrap().failed(), 1);
}

#[test]
fn limit_counts_iterations() {
    let mut source = closed(SHOP).limit(RequestLimit::new(1));
    let login = start(&mut source, 0);
    end(&mut source, login.user, 50, &logged_in());
    let order = start(&mut source, 150);
    end(&mut source, order.user, 200, &response(&[], ""));
    assert!(matches!(source.next(ms(1200)), SourceAction::Finished));
    assert_eq!(source.iterations().unwrap().completed, 1);
}

#[test]
fn arrival_begins_an_iteration_whose_steps_follow_in_their_own_time() {
    let mut source = open(SHOP);
    let first = start(&mut source, 0);
    end(&mut source, first.user, 950, &logged_in());
    // The second arrival comes before the second step of the first one.
    let second = start(&mut source, 1060);
    assert_eq!((second.number, second.due), (2, Some(ms(1000))));
    let order = start(&mut source, 1060);
    assert_eq!((order.number, order.due), (1, Some(ms(1050))));
    let third = start(&mut source, 2000);
    assert_eq!(third.number, 4);
    assert!(matches!(source.next(ms(2000)), SourceAction::Blocked));
    end(&mut source, order.user, 2500, &response(&[], ""));
    assert!(matches!(source.next(ms(3000)), SourceAction::Finished));
    let counts = source.iterations().unwrap();
    assert_eq!((counts.completed, counts.unfinished), (1, 2));
}

#[test]
fn step_that_is_due_after_the_end_does_not_begin() {
    let text = "[[step]]\nurl = '/a'\nthink = '1h'\n[[step]]\nurl = '/b'";
    let (mut closed, mut open) = (closed(text), open(text).limit(1));
    let sources: [&mut dyn RequestSource; 2] = [&mut closed, &mut open];
    for source in sources {
        let first = start(source, 0);
        end(source, first.user, 10, &response(&[], ""));
        assert!(matches!(source.next(ms(10)), SourceAction::Finished));
    }
}

#[test]
fn stopped_source_begins_no_step() {
    let mut source = open(SHOP);
    let first = start(&mut source, 0);
    source.stop(ms(20));
    end(&mut source, first.user, 50, &logged_in());
    assert!(matches!(source.next(ms(200)), SourceAction::Finished));
}

#[test]
fn user_that_is_taken_away_leaves_its_iteration_and_begins_another_if_it_comes_back() {
    let source = ClosedSource::with_changing_users(targets(), Share::WHOLE);
    let mut source = source.scenario(scenario(SHOP), 0);
    let change = |at, users| UserChange { at: ms(at), users };
    source.change_users(change(0, 1));
    let login = start(&mut source, 0);
    source.change_users(change(20, 0));
    assert!(matches!(source.next(ms(20)), SourceAction::Blocked));
    assert_eq!(source.running_users(), 1);
    end(&mut source, login.user, 50, &logged_in());
    assert_eq!(source.running_users(), 0);
    assert!(matches!(source.next(ms(200)), SourceAction::Blocked));
    source.change_users(change(1000, 1));
    let login = start(&mut source, 1000);
    assert_eq!((login.number, login.target), (2, 0));
    let counts = source.iterations().unwrap();
    assert_eq!((counts.completed, counts.unfinished), (0, 2));
}

#[test]
fn user_that_comes_back_before_its_next_step_goes_on() {
    let source = ClosedSource::with_changing_users(targets(), Share::WHOLE);
    let mut source = source.scenario(scenario(SHOP), 0);
    for (at, users) in [(0, 1), (20, 0), (60, 1)] {
        source.change_users(UserChange { at: ms(at), users });
    }
    let login = start(&mut source, 0);
    end(&mut source, login.user, 50, &logged_in());
    assert_eq!(start(&mut source, 150).number, 1);
}
