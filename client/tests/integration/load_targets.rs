//! Targets of load runs: several origins, what is expected of responses, and steps that use responses before them.

use crate::loads::Records;
use crate::test_server::TestServer;
use flagpole_client::http::HeaderMap;
use flagpole_client::load::LoadRun;
use flagpole_client::{
    CapturedResponse, EndedRequest, Expectation, FollowedRedirect, LoadTarget, RecordSink,
    RenderedRequest, RequestMessage, RequestSource, SourceAction, SourceRequest, TransportKind,
};
use flagpole_protocol::Outcome;
use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;

type Step = fn(Option<&CapturedResponse>) -> SourceRequest;

/// One request after the other; each may use the response before it.
#[derive(Debug)]
struct Steps {
    remaining: VecDeque<Step>,
    response: Option<CapturedResponse>,
    is_busy: bool,
}

impl RequestSource for Steps {
    fn next(&mut self, _: Duration) -> SourceAction {
        if self.is_busy {
            return SourceAction::Blocked;
        }
        let step = self.remaining.pop_front();
        self.is_busy = step.is_some();
        let request = step.map(|step| step(take(&mut self.response).as_ref()));
        request.map_or(SourceAction::Finished, SourceAction::Start)
    }

    fn on_redirect(&mut self, redirect: &FollowedRedirect<'_>) -> Option<Arc<RenderedRequest>> {
        let set = redirect.response?.fields.get("set-cookie")?;
        let mut rendered = RenderedRequest::default();
        rendered.fields.insert("cookie", set.clone());
        Some(Arc::new(rendered))
    }

    fn on_end(&mut self, ended: &EndedRequest<'_>) {
        self.is_busy = false;
        self.response = ended.response.cloned();
    }

    fn stop(&mut self, _: Duration) {
        self.remaining.clear();
    }
}

fn target(endpoint: usize, expectation: Expectation) -> LoadTarget {
    LoadTarget {
        endpoint,
        path: "/x".parse().unwrap(),
        message: RequestMessage::default(),
        weight: 1,
        expectation,
    }
}

/// The outcomes of these steps, one after the other.
fn outcomes(
    servers: &[TestServer],
    targets: &[LoadTarget],
    steps: &[Step],
    settings: impl for<'a> Fn(LoadRun<'a>) -> LoadRun<'a>,
) -> Vec<Outcome> {
    let endpoints: Vec<_> = servers.iter().map(TestServer::endpoint).collect();
    let source = |_| {
        let steps = Steps {
            remaining: steps.iter().copied().collect(),
            response: None,
            is_busy: false,
        };
        Box::new(steps) as Box<dyn RequestSource>
    };
    let records = Records::default();
    let sink = |_| Box::new(records.clone()) as Box<dyn RecordSink>;
    let run = settings(LoadRun::new(targets, &endpoints, &source).loops(1));
    run.run(&sink).unwrap();
    let records = records.0.lock().unwrap();
    records
        .iter()
        .map(|record| record.outcome.clone())
        .collect()
}

const FIRST: Step = |_| SourceRequest::default();
const SECOND: Step = |_| SourceRequest {
    target: 1,
    ..SourceRequest::default()
};

fn response(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn each_origin_keeps_its_connection() {
    for transport in TransportKind::ALL {
        let servers =
            ["first", "second"].map(|body| TestServer::responding(move |_| response(200, body)));
        let targets = [(0, "first"), (1, "second")].map(|(endpoint, body)| {
            let body = Some(body.into());
            let expectation = Expectation {
                body,
                ..Expectation::default()
            };
            target(endpoint, expectation)
        });
        let steps = [FIRST, SECOND, FIRST, SECOND];
        let outcomes = outcomes(&servers, &targets, &steps, |run| run.transport(*transport));
        assert_eq!(outcomes, [(); 4].map(|()| Outcome::Ok), "{transport}");
        let counts = servers.each_ref().map(TestServer::connections);
        assert_eq!(counts, [1, 1], "{transport}");
    }
}

#[test]
fn redirect_is_followed_within_the_origin_of_its_request() {
    let redirecting = TestServer::responding(|head| {
        if head.starts_with("GET /x ") {
            "HTTP/1.1 302 x\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n".to_owned()
        } else {
            response(200, "")
        }
    });
    let other = TestServer::responding(|_| response(404, ""));
    let targets = [0, 1].map(|endpoint| target(endpoint, Expectation::default()));
    let outcomes = outcomes(&[other, redirecting], &targets, &[SECOND], |run| run);
    assert_eq!(outcomes, [Outcome::Redirected(302), Outcome::Ok]);
}

#[test]
fn expectation_decides_the_outcome() {
    let expect = |statuses: &str, body: Option<&'static str>| Expectation {
        statuses: statuses.parse().unwrap(),
        body: body.map(Into::into),
        digest: None,
    };
    for (expectation, outcome) in [
        (Expectation::default(), Outcome::NotFound),
        (expect("404", None), Outcome::Ok),
        (expect("404", Some("missing")), Outcome::Ok),
        (expect("4xx", Some("found")), Outcome::UnexpectedBody),
    ] {
        let server = TestServer::responding(|_| response(404, "it is missing"));
        let targets = [target(0, expectation)];
        assert_eq!(
            outcomes(&[server], &targets, &[FIRST], |run| run),
            [outcome]
        );
    }
}

/// Asks for the path that the response before it names, with its cookie.
fn follow_up(response: Option<&CapturedResponse>) -> SourceRequest {
    let response = response.unwrap();
    let mut fields = HeaderMap::new();
    fields.insert("cookie", response.fields["set-cookie"].clone());
    let rendered = RenderedRequest {
        path: str::from_utf8(&response.content).unwrap().to_owned(),
        fields,
        content: "content".into(),
    };
    SourceRequest {
        rendered: Some(Arc::new(rendered)),
        ..SourceRequest::default()
    }
}

#[test]
fn step_uses_the_response_before_it() {
    for transport in TransportKind::ALL {
        let server = TestServer::start(|_, connection| {
            connection.request();
            connection
                .send("HTTP/1.1 200 x\r\nSet-Cookie: a=1\r\nContent-Length: 9\r\n\r\n/orders/7");
            connection.request();
            assert_eq!(connection.content(7), b"content");
            connection.send(response(200, ""));
            connection.hang();
        });
        let targets = [target(0, Expectation::default())];
        let servers = [server];
        let outcomes = outcomes(&servers, &targets, &[FIRST, follow_up], |run| {
            run.captures(true).transport(*transport)
        });
        assert_eq!(outcomes, [Outcome::Ok, Outcome::Ok]);
        let second = servers[0].requests()[1].to_lowercase();
        assert!(second.starts_with("get /orders/7 http/1.1\r\n"), "{second}");
        assert!(second.contains("\r\ncookie: a=1\r\n"), "{second}");
    }
}

#[test]
fn source_decides_what_follows_a_redirect() {
    let server = TestServer::responding(|head| {
        let is_first = head.starts_with("GET /x ");
        let head = "HTTP/1.1 302 x\r\nLocation: /y\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n";
        if is_first {
            head.to_owned()
        } else {
            response(200, "")
        }
    });
    let servers = [server];
    let targets = [target(0, Expectation::default())];
    let outcomes = outcomes(&servers, &targets, &[FIRST], |run| run.captures(true));
    assert_eq!(outcomes, [Outcome::Redirected(302), Outcome::Ok]);
    let second = servers[0].requests()[1].to_lowercase();
    assert!(second.starts_with("get /y http/1.1\r\n"), "{second}");
    assert!(second.contains("\r\ncookie: a=1\r\n"), "{second}");
}
