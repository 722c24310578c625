//! Resuming never fails where a new download would succeed: a request with conditions that fails is repeated without
//! them.

use crate::gif::GIF;
use crate::test_server::{EACH_DRIVER, TestServer};
use flagpole_client::DownloadDir;
use flagpole_protocol::ContentDigest;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome};
use std::fs;
use std::path::Path;

const WHOLE: &str = GIF;

/// The part that the first response lacks.
const REST: &str = WHOLE.split_at(22).1;

fn whole() -> String {
    let length = WHOLE.len();
    format!("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: {length}\r\n\r\n{WHOLE}")
}

/// Cuts off its first response; sends this response to conditional requests, and a complete one to others.
fn server(conditional: String) -> TestServer {
    TestServer::start(move |index, connection| {
        while let Some(head) = connection.request() {
            if index == 0 {
                connection.send(&whole()[..whole().len() - REST.len()]);
                return;
            }
            let is_unconditional =
                !head.contains("\r\nrange:") && !head.contains("\r\nif-none-match:");
            connection.send(if is_unconditional {
                whole()
            } else {
                conditional.clone()
            });
        }
    })
}

fn get(server: &TestServer, strategy: &str, folder: &Path) -> Vec<AttemptRecord> {
    let destination = DownloadDir::prepare(folder).unwrap();
    let destination = Box::leak(Box::new(destination.resuming("http://here", 1000)));
    let done = server.run(strategy, "BR", |run| run.destination(destination));
    let (_, mut records) = done.unwrap();
    // An event loop may report an attempt after the next one has ended.
    records.sort_by_key(|record| record.attempt);
    records
}

fn part(fields: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\n{fields}\r\n{body}")
}

#[test]
fn failed_condition_is_dropped() {
    let v1 = "ETag: \"v1\"\r\nContent-Range: bytes";
    for (conditional, outcome) in [
        (
            "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Outcome::Http(416),
        ),
        ("HTTP/1.1 304 No\r\n\r\n".to_owned(), Outcome::Http(304)),
        (
            part(
                "ETag: \"v2\"\r\nContent-Range: bytes 22-28/29\r\n",
                "o, else",
            ),
            Outcome::Http(206),
        ),
        (
            part(&format!("{v1} 21-28/29\r\n"), REST),
            Outcome::Http(206),
        ),
        (part("", REST), Outcome::Http(206)),
        // There is no digest, and the merged body is not a GIF.
        (
            part(&format!("{v1} 22-28/29\r\n"), "so on.;"),
            Outcome::Http(206),
        ),
    ] {
        for strategy in EACH_DRIVER {
            let (server, folder) = (server(conditional.clone()), tempfile::tempdir().unwrap());
            let cut = get(&server, strategy, folder.path());
            assert_eq!(cut[0].outcome, Outcome::IncompleteBody);
            let records = get(&server, strategy, folder.path());
            let outcomes: Vec<_> = records.iter().map(|record| &record.outcome).collect();
            assert_eq!(outcomes, [&outcome, &Outcome::Ok], "{strategy}");
            assert_eq!(
                (records[1].kind, records[1].request_number),
                (AttemptKind::Retry, records[0].request_number)
            );
            assert!(!records[0].is_final && records[1].is_final);
            assert_eq!(
                fs::read_to_string(folder.path().join("br.gif")).unwrap(),
                WHOLE
            );
            let partial = folder.path().join("br.gif.part");
            assert!(!partial.exists(), "no partial file remains");
        }
    }
}

#[test]
fn part_with_a_wrong_content_digest_is_corrupt() {
    let range = "ETag: \"v1\"\r\nContent-Range: bytes 22-28/29\r\n";
    let digest = ContentDigest::from_body(REST.as_bytes());
    let rest = |body| part(&format!("{range}Content-Digest: {digest}\r\n"), body);
    for (body, outcome) in [(REST, Outcome::Ok), ("d so no", Outcome::Corrupt)] {
        let (server, folder) = (server(rest(body)), tempfile::tempdir().unwrap());
        get(&server, "sequential", folder.path());
        let records = get(&server, "sequential", folder.path());
        assert_eq!((records.len(), &records[0].outcome), (1, &outcome));
        assert_eq!(
            folder.path().join("br.gif").exists(),
            outcome == Outcome::Ok
        );
    }
}

#[test]
fn bogus_304_does_not_validate_a_damaged_file() {
    let echo = |head: &str| {
        let field = head.split("if-none-match: ").nth(1);
        let tag = field.and_then(|rest| rest.split("\r\n").next());
        tag.map_or_else(whole, |tag| {
            format!("HTTP/1.1 304 No\r\nETag: {tag}\r\n\r\n")
        })
    };
    for (content, outcome) in [
        ("damaged", Outcome::Ok),
        (&WHOLE[..20], Outcome::Ok),
        (WHOLE, Outcome::NotModified),
    ] {
        let (server, folder) = (TestServer::responding(echo), tempfile::tempdir().unwrap());
        let flag = folder.path().join("br.gif");
        fs::write(&flag, content).unwrap();
        let records = get(&server, "sequential", folder.path());
        assert_eq!((records.len(), &records[0].outcome), (1, &outcome));
        assert_eq!(fs::read_to_string(flag).unwrap(), WHOLE);
    }
}

/// A correct server with entity tags of its own.
fn foreign() -> TestServer {
    TestServer::responding(|head| {
        if head.contains("\r\nif-none-match: \"v1\"\r\n") {
            return "HTTP/1.1 304 No\r\nETag: \"v1\"\r\n\r\n".to_owned();
        }
        whole()
    })
}

#[test]
fn foreign_entity_tag_is_sent_back() {
    for strategy in EACH_DRIVER {
        let (server, folder) = (foreign(), tempfile::tempdir().unwrap());
        let get = || get(&server, strategy, folder.path()).remove(0).outcome;
        assert_eq!(get(), Outcome::Ok);
        assert_eq!(get(), Outcome::NotModified);
        // Damaged invisibly.
        let flag = folder.path().join("br.gif");
        fs::write(&flag, WHOLE.replace('D', "E")).unwrap();
        assert_eq!(get(), Outcome::Ok);
        assert_eq!(fs::read_to_string(flag).unwrap(), WHOLE);
        assert_eq!(get(), Outcome::NotModified);
    }
}
