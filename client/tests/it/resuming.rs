//! To resume never fails where to begin anew would not: what a server makes of conditions is its own
//! affair, and the true body is to be had without them.

use crate::gif::GIF;
use crate::server::Server;
use flagpole_client::{DownloadDir, Transport, transport};
use flagpole_protocol::ContentDigest;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome};
use std::fs;
use std::path::Path;

const WHOLE: &str = GIF;

/// What its first answer lacks.
const REST: &str = WHOLE.split_at(22).1;

fn whole() -> String {
    let length = WHOLE.len();
    format!("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: {length}\r\n\r\n{WHOLE}")
}

/// Cuts its first answer short, answers like this what is asked for on conditions, and all else well.
fn server(answer: String) -> Server {
    Server::start(move |connection, peer| {
        while let Some(head) = peer.request() {
            if connection == 0 {
                peer.send(&whole()[..whole().len() - REST.len()]);
                return;
            }
            let is_plain = !head.contains("\r\nrange:") && !head.contains("\r\nif-none-match:");
            peer.send(if is_plain { whole() } else { answer.clone() });
        }
    })
}

fn get(server: &Server, transport: &'static dyn Transport, folder: &Path) -> Vec<AttemptRecord> {
    let destination = DownloadDir::prepare(folder).unwrap();
    let destination = Box::leak(Box::new(destination.resuming("http://here", 1000)));
    let done = server.run("sequential", "BR", |run| {
        run.transport(transport).destination(destination)
    });
    done.unwrap().1
}

fn part(fields: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\n{fields}\r\n{body}")
}

#[test]
fn a_condition_that_fails_is_dropped() {
    let v1 = "ETag: \"v1\"\r\nContent-Range: bytes";
    for (answer, outcome) in [
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
        // Nothing vouches for the whole, and it is no GIF.
        (
            part(&format!("{v1} 22-28/29\r\n"), "so on.;"),
            Outcome::Http(206),
        ),
    ] {
        for transport in transport::ALL {
            let (server, folder) = (server(answer.clone()), tempfile::tempdir().unwrap());
            let cut = get(&server, *transport, folder.path());
            assert_eq!(cut[0].outcome, Outcome::IncompleteBody);
            let records = get(&server, *transport, folder.path());
            let outcomes: Vec<_> = records.iter().map(|record| &record.outcome).collect();
            assert_eq!(outcomes, [&outcome, &Outcome::Ok], "{}", transport.name());
            assert_eq!(
                (records[1].kind, records[1].request_number),
                (AttemptKind::Retry, records[0].request_number)
            );
            assert!(!records[0].is_final && records[1].is_final);
            assert_eq!(
                fs::read_to_string(folder.path().join("br.gif")).unwrap(),
                WHOLE
            );
            let start = folder.path().join("br.gif.part");
            assert!(!start.exists(), "no start is left");
        }
    }
}

#[test]
fn a_rest_with_another_digest_of_its_own_is_none() {
    let range = "ETag: \"v1\"\r\nContent-Range: bytes 22-28/29\r\n";
    let digest = ContentDigest::from_body(REST.as_bytes());
    let rest = |body| part(&format!("{range}Content-Digest: {digest}\r\n"), body);
    for (body, outcome) in [(REST, Outcome::Ok), ("d so no", Outcome::Corrupt)] {
        let (server, folder) = (server(rest(body)), tempfile::tempdir().unwrap());
        get(&server, transport::ALL[0], folder.path());
        let records = get(&server, transport::ALL[0], folder.path());
        assert_eq!((records.len(), &records[0].outcome), (1, &outcome));
        assert_eq!(
            folder.path().join("br.gif").exists(),
            outcome == Outcome::Ok
        );
    }
}

#[test]
fn who_says_yes_to_every_tag_makes_no_damaged_file_whole() {
    let echo = |head: &str| {
        let field = head.split("if-none-match: ").nth(1);
        let tag = field.and_then(|rest| rest.split("\r\n").next());
        tag.map_or_else(whole, |tag| {
            format!("HTTP/1.1 304 No\r\nETag: {tag}\r\n\r\n")
        })
    };
    for (there, outcome) in [
        ("damaged", Outcome::Ok),
        (&WHOLE[..20], Outcome::Ok),
        (WHOLE, Outcome::NotModified),
    ] {
        let (server, folder) = (Server::answering(echo), tempfile::tempdir().unwrap());
        let flag = folder.path().join("br.gif");
        fs::write(&flag, there).unwrap();
        let records = get(&server, transport::ALL[0], folder.path());
        assert_eq!((records.len(), &records[0].outcome), (1, &outcome));
        assert_eq!(fs::read_to_string(flag).unwrap(), WHOLE);
    }
}

/// Calls its flags by tags of its own, and answers as it should.
fn foreign() -> Server {
    Server::answering(|head| {
        if head.contains("\r\nif-none-match: \"v1\"\r\n") {
            return "HTTP/1.1 304 No\r\nETag: \"v1\"\r\n\r\n".to_owned();
        }
        whole()
    })
}

#[test]
fn what_a_server_calls_a_file_is_what_it_is_asked_for_by() {
    for transport in transport::ALL {
        let (server, folder) = (foreign(), tempfile::tempdir().unwrap());
        let get = || get(&server, *transport, folder.path()).remove(0).outcome;
        assert_eq!(get(), Outcome::Ok);
        assert_eq!(get(), Outcome::NotModified);
        // Damaged in a way that does not show.
        let flag = folder.path().join("br.gif");
        fs::write(&flag, WHOLE.replace('D', "E")).unwrap();
        assert_eq!(get(), Outcome::Ok);
        assert_eq!(fs::read_to_string(flag).unwrap(), WHOLE);
        assert_eq!(get(), Outcome::NotModified);
    }
}
