//! Any method, fields and content, to any path.

use crate::test_server::{EACH_DRIVER, OK, TestServer, by_name, destination};
use flagpole_client::http::Method;
use flagpole_client::{Policy, RequestMessage, Run, Workload, strategy};
use flagpole_protocol::{AttemptRecord, ContentDigest, Outcome};
use std::sync::Mutex;
use std::thread::{scope, sleep};
use std::time::Duration;

/// The outcomes of requests with this message to a path.
fn send(server: &TestServer, strategy: &str, message: RequestMessage) -> Vec<Outcome> {
    let outcomes = Mutex::new(Vec::new());
    let collect = |record: &AttemptRecord| outcomes.lock().unwrap().push(record.outcome.clone());
    let path = "/orders?a=b".parse().unwrap();
    let (workload, endpoint) = (
        Workload::paths([path]).with_message(message),
        server.endpoint(),
    );
    let run = Run::new(&workload, &endpoint).on_record(&collect);
    by_name(strategy).run(&run).unwrap();
    outcomes.into_inner().unwrap()
}

fn post(content: impl Into<bytes::Bytes>) -> RequestMessage {
    RequestMessage::new(Method::POST).unwrap().content(content)
}

#[test]
fn method_fields_and_content_are_sent() {
    for strategy in EACH_DRIVER {
        let server = TestServer::start(|_, connection| {
            connection.request();
            assert_eq!(connection.content(9), b"{\"a\": 12}");
            connection.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            connection.hang();
        });
        let message = post("{\"a\": 12}");
        let message = message.field("Content-Type", "application/json").unwrap();
        let message = message.field("Host", "example.org").unwrap();
        assert_eq!(send(&server, strategy, message), [Outcome::Ok]);
        let head = &server.requests()[0];
        assert!(head.starts_with("POST /orders?a=b HTTP/1.1\r\n"), "{head}");
        for line in [
            "host: example.org",
            "content-type: application/json",
            "content-length: 9",
        ] {
            assert_eq!(
                head.matches(&format!("\r\n{line}\r\n")).count(),
                1,
                "{head}"
            );
        }
        assert_eq!(head.matches("host:").count(), 1, "{head}");
    }
}

#[test]
fn large_content_is_sent_completely() {
    const LENGTH: usize = 5_000_000;
    for strategy in EACH_DRIVER {
        let server = TestServer::start(|_, connection| {
            connection.request();
            let content = connection.content(LENGTH);
            assert!(content.iter().all(|byte| *byte == b'x'));
            connection.send("HTTP/1.1 204 No Content\r\n\r\n");
            connection.hang();
        });
        let outcomes = send(&server, strategy, post(vec![b'x'; LENGTH]));
        assert_eq!(outcomes, [Outcome::Ok]);
    }
}

#[test]
fn response_before_the_end_of_the_content_is_received() {
    for strategy in EACH_DRIVER {
        let server = TestServer::start(|_, connection| {
            connection.request();
            connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
            // Never reads the content, which does not fit into the buffers of the sockets.
            connection.wait_until_closed();
        });
        let outcomes = send(&server, strategy, post(vec![b'x'; 50_000_000]));
        assert_eq!(outcomes, [Outcome::Http(413)]);
    }
}

#[test]
fn response_to_head_has_no_body() {
    for strategy in EACH_DRIVER {
        let server = TestServer::responding(|_| {
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: \"v\"\r\n\r\n".into()
        });
        let head = RequestMessage::new(Method::HEAD).unwrap();
        assert_eq!(send(&server, strategy, head), [Outcome::Ok]);
    }
}

#[test]
fn redirect_after_a_post_leads_to_a_get_without_content() {
    for strategy in EACH_DRIVER {
        let server = TestServer::start(|_, connection| {
            connection.request();
            connection.content(1);
            connection
                .send("HTTP/1.1 303 See Other\r\nLocation: /done\r\nContent-Length: 0\r\n\r\n");
            connection.request();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            connection.hang();
        });
        let outcomes = send(&server, strategy, post("x"));
        assert_eq!(outcomes, [Outcome::Redirected(303), Outcome::Ok]);
        let second = &server.requests()[1];
        assert!(second.starts_with("GET /done HTTP/1.1\r\n"), "{second}");
        assert!(!second.contains("content-length"), "{second}");
    }
}

#[test]
fn response_to_head_is_not_verified_by_the_digest_of_its_representation() {
    let server = TestServer::responding(|_| {
        let digest = ContentDigest::from_body(b"flag");
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Digest: {digest}\r\nRepr-Digest: {digest}\r\n\r\n"
        )
    });
    let head = RequestMessage::new(Method::HEAD).unwrap();
    let workload = Workload::paths(["/a".parse().unwrap(), "/b".parse().unwrap()]);
    let (workload, endpoint) = (workload.with_message(head), server.endpoint());
    for strategy in strategy::ALL {
        let stats = strategy.run(&Run::new(&workload, &endpoint)).unwrap();
        assert_eq!(stats.ok, 2, "{}", strategy.name());
    }
    assert!(server.requests()[0].starts_with("HEAD /a "));
}

#[test]
fn only_a_get_is_conditional() {
    let server = TestServer::responding(|_| OK.into());
    let folder = tempfile::tempdir().unwrap();
    let resuming = destination(folder.path())
        .clone()
        .resuming("http://here", 1000);
    for method in [Method::GET, Method::GET, Method::POST] {
        let message = RequestMessage::new(method).unwrap();
        let workload = Workload::paths(["/a".parse().unwrap()]).with_message(message);
        let endpoint = server.endpoint();
        let run = Run::new(&workload, &endpoint).destination(&resuming);
        by_name("async").run(&run).unwrap();
    }
    let conditional = server
        .requests()
        .into_iter()
        .map(|head| head.to_ascii_lowercase().contains("if-none-match"));
    assert_eq!(conditional.collect::<Vec<_>>(), [false, true, false]);
}

/// The library hyper does not say when it has sent a part of the content, so that its limits count from the head.
#[test]
fn upload_that_moves_does_not_exceed_the_limits_on_silence() {
    const PIECES: u32 = 35;
    const PIECE: usize = 1 << 20;
    const PAUSE: Duration = Duration::from_millis(100);
    let silence = Some(PAUSE * PIECES * 9 / 10);
    let upload = |strategy| {
        let server = TestServer::start(|_, connection| {
            connection.request();
            for _ in 0..PIECES {
                connection.content(PIECE);
                sleep(PAUSE);
            }
            connection.send("HTTP/1.1 204 No Content\r\n\r\n");
            connection.hang();
        });
        let message = post(vec![b'x'; PIECES as usize * PIECE]);
        let workload = Workload::paths(["/upload".parse().unwrap()]).with_message(message);
        let endpoint = server.endpoint();
        let mut policy = Policy::default();
        (policy.timeouts.stall, policy.timeouts.first_byte) = (silence, silence);
        let run = Run::new(&workload, &endpoint).policy(policy);
        let stats = by_name(strategy).run(&run).unwrap();
        assert_eq!(stats.ok, 1, "{:?}", stats.outcomes);
    };
    scope(|scope| {
        scope.spawn(|| upload("sequential"));
        scope.spawn(|| upload("async"));
    });
}
