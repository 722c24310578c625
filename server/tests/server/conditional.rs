//! Conditional requests and ranges as they are seen on the wire, clean and under faults.

use crate::raw::{Raw, Reply};
use flagpole_fixtures::Catalog;
use flagpole_protocol::{ContentDigest, Resource};
use flagpole_server::BlockingServer;
use flagpole_server::ServerBuilder;
use std::io::{ErrorKind, Read};
use std::time::Duration;

const PATH: &str = "/flags/br/br.gif";
const GRACE: Duration = Duration::from_secs(10);

fn flag() -> Vec<u8> {
    let flag = Resource::from_path(PATH).unwrap();
    Catalog::embedded().get(flag).unwrap().to_vec()
}

fn etag() -> String {
    format!("\"{}\"", ContentDigest::of(&flag()).short())
}

fn struck(fault: &str) -> BlockingServer {
    let builder = BlockingServer::builder().fault(fault.parse().unwrap());
    builder.journal_capacity(10).start().unwrap()
}

/// A clean server, and one that takes the way of those that delay.
fn clean_and_delayed() -> [BlockingServer; 2] {
    let delayed = BlockingServer::builder().latency("1ms".parse().unwrap());
    [BlockingServer::builder(), delayed]
        .map(|builder: ServerBuilder<BlockingServer>| builder.start().unwrap())
}

/// The head without what differs from answer to answer.
fn lines(head: &str) -> Vec<&str> {
    let varies = |line: &&str| line.starts_with("date: ") || line.starts_with("server-timing: ");
    head.trim_end()
        .split("\r\n")
        .filter(|line| !varies(line))
        .collect()
}

fn head(raw: &mut Raw, method: &str, fields: &str) -> String {
    raw.send(&format!(
        "{method} {PATH} HTTP/1.1\r\nHost: x\r\n{fields}\r\n"
    ));
    raw.head()
}

#[test]
fn a_304_is_a_head_with_the_tag_and_nothing_else() {
    for server in clean_and_delayed() {
        let mut raw = Raw::to(&server);
        for method in ["GET", "HEAD"] {
            let head = head(&mut raw, method, &format!("If-None-Match: {}\r\n", etag()));
            let expected = ["HTTP/1.1 304 Not Modified", &format!("etag: {}", etag())];
            assert_eq!(lines(&head), expected);
            assert!(head.contains("\r\ndate: "), "{head}");
        }
        // What comes next on the connection is the next answer: no body stood behind the heads.
        assert_eq!(raw.get(PATH).body, flag());
        drop(raw);
        assert_eq!(
            server.shutdown(GRACE).by_status,
            [(304, 2), (200, 1)].into()
        );
    }
}

#[test]
fn a_206_is_the_part_with_its_place_and_the_digests_of_part_and_whole() {
    let (etag, flag) = (etag(), flag());
    for server in clean_and_delayed() {
        let mut raw = Raw::to(&server);
        let head = head(&mut raw, "GET", "Range: bytes=700-1000\r\n");
        let expected = [
            "HTTP/1.1 206 Partial Content",
            "content-type: image/gif",
            &format!("etag: {etag}"),
            &format!("content-digest: {}", ContentDigest::of(&flag[700..=1000])),
            "accept-ranges: bytes",
            &format!("content-range: bytes 700-1000/{}", flag.len()),
            &format!("repr-digest: {}", ContentDigest::of(&flag)),
            "content-length: 301",
        ];
        assert_eq!(lines(&head), expected);
        let mut body = vec![0; 301];
        raw.0.read_exact(&mut body).unwrap();
        assert_eq!(body, flag[700..=1000]);
        assert_eq!(raw.get(PATH).body, flag);
    }
}

#[test]
fn a_416_says_how_much_there_is_and_a_412_that_it_is_another() {
    for server in clean_and_delayed() {
        let mut raw = Raw::to(&server);
        let reply = raw.ask("GET", PATH, "Range: bytes=99999-\r\n");
        assert_eq!(reply.status, 416);
        assert_eq!(
            reply.headers["content-range"],
            format!("bytes */{}", flag().len())
        );
        assert_eq!(reply.body, b"416 Range Not Satisfiable\n");
        assert!(!reply.headers.contains_key("content-digest"));
        for (method, body) in [("GET", &b"412 Precondition Failed\n"[..]), ("HEAD", b"")] {
            let reply = raw.ask(method, PATH, "If-Match: \"x\"\r\n");
            assert_eq!((reply.status, &reply.body[..]), (412, body), "{method}");
        }
        drop(raw);
        assert_eq!(
            server.shutdown(GRACE).by_status,
            [(412, 2), (416, 1)].into()
        );
    }
}

#[test]
fn head_takes_no_range_and_nor_does_what_is_not_there() {
    for server in clean_and_delayed() {
        let mut raw = Raw::to(&server);
        let reply = raw.ask("HEAD", PATH, "Range: bytes=0-9\r\n");
        let length = flag().len().to_string();
        assert_eq!(
            (reply.status, &reply.headers["content-length"]),
            (200, &length)
        );
        let fields = "Range: bytes=0-9\r\nIf-None-Match: *\r\n";
        assert_eq!(raw.ask("GET", "/nowhere", fields).status, 404);
        assert_eq!(raw.ask("DELETE", PATH, fields).status, 405);
    }
}

#[test]
fn the_pages_are_conditional_and_have_ranges_too() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = Raw::to(&server);
    for path in ["/flags/", "/flags/index.json", "/flags/br/metadata.json"] {
        let whole = raw.get(path);
        let held = format!("If-None-Match: \"x\", W/{}\r\n", whole.headers["etag"]);
        assert_eq!(raw.ask("GET", path, &held).status, 304, "{path}");
        let end = raw.ask("GET", path, "Range: bytes=-9\r\n");
        assert_eq!(
            (end.status, &end.body[..]),
            (206, &whole.body[whole.body.len() - 9..])
        );
    }
}

/// The way of somebody who goes on with a file that was cut.
fn rest(server: &BlockingServer, from: usize, tag: &str) -> Reply {
    let fields = format!("Range: bytes={from}-\r\nIf-Range: {tag}\r\n");
    Raw::to(server).ask("GET", PATH, &fields)
}

#[test]
fn a_file_that_was_cut_is_continued_and_proved() {
    let (head, mut joined, _) = until_the_end(&struck("cut:4000"), "");
    assert!(head.contains(&format!("etag: {}\r\n", etag())), "{head}");
    assert_eq!(joined.len(), 4000);
    let reply = rest(&struck("404@0%"), joined.len(), &etag());
    assert_eq!(reply.status, 206);
    joined.extend(reply.body);
    let proof = ContentDigest::from_header(&reply.headers["repr-digest"]);
    assert_eq!(
        (joined == flag(), Some(ContentDigest::of(&joined))),
        (true, proof)
    );
}

#[test]
fn a_file_that_has_changed_is_sent_whole() {
    let server = BlockingServer::builder().start().unwrap();
    for tag in ["\"0123456789abcdef\"", &format!("W/{}", etag())] {
        let reply = rest(&server, 4000, tag);
        assert_eq!((reply.status, reply.body), (200, flag()), "{tag}");
    }
}

#[test]
fn a_status_fault_stands_above_all_conditions() {
    let server = struck("500");
    let mut raw = Raw::to(&server);
    for fields in [
        "If-None-Match: *\r\n",
        "Range: bytes=0-1\r\n",
        "If-Match: \"x\"\r\n",
    ] {
        assert_eq!(raw.ask("GET", PATH, fields).status, 500, "{fields}");
    }
}

#[test]
fn bits_are_flipped_within_the_part_and_the_digests_are_the_true_ones() {
    let (server, flag) = (struck("corrupt:3"), flag());
    let reply = Raw::to(&server).ask("GET", PATH, "Range: bytes=700-999\r\n");
    let differing = reply.body.iter().zip(&flag[700..1000]);
    let bits: u32 = differing.map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!((reply.status, reply.body.len(), bits), (206, 300, 3));
    let digest = |name: &str| ContentDigest::from_header(&reply.headers[name]).unwrap();
    assert_eq!(
        digest("content-digest"),
        ContentDigest::of(&flag[700..1000])
    );
    assert_eq!(digest("repr-digest"), ContentDigest::of(&flag));
}

/// What is read until the connection ends, and how it ends.
fn until_the_end(server: &BlockingServer, fields: &str) -> (String, Vec<u8>, Option<ErrorKind>) {
    let mut raw = Raw::to(server);
    let head = head(&mut raw, "GET", fields);
    let mut body = Vec::new();
    let end = raw.0.read_to_end(&mut body);
    (head, body, end.err().map(|error| error.kind()))
}

#[test]
fn places_of_faults_are_counted_in_the_part() {
    let reset = Some(ErrorKind::ConnectionReset);
    for (fault, bytes, end) in [
        ("cut:100", 100, None),
        ("reset:100", 100, reset),
        ("reset:50%", 150, reset),
        ("cut:300", 300, None),
        ("cut:99999", 300, None),
    ] {
        let (head, body, ended) = until_the_end(&struck(fault), "Range: bytes=700-999\r\n");
        assert!(head.starts_with("HTTP/1.1 206 "), "{fault}: {head}");
        assert!(
            head.contains("\r\ncontent-length: 300\r\n"),
            "{fault}: {head}"
        );
        assert_eq!(body, flag()[700..700 + bytes], "{fault}");
        assert_eq!(ended, end, "{fault}");
    }
}

#[test]
fn in_a_304_every_place_is_behind_the_head() {
    for (fault, end) in [
        ("cut:100", None),
        ("reset:0", Some(ErrorKind::ConnectionReset)),
        ("reset:50%", Some(ErrorKind::ConnectionReset)),
    ] {
        let server = struck(fault);
        let (head, body, ended) = until_the_end(&server, "If-None-Match: *\r\n");
        assert!(head.starts_with("HTTP/1.1 304 "), "{fault}: {head}");
        assert_eq!((body.len(), ended), (0, end), "{fault}");
        let ledger = server.shutdown(GRACE);
        assert_eq!(ledger.by_status, [(304, 1)].into(), "{fault}");
        assert!(
            ledger.entries[0].completed,
            "{fault}: all of the answer was sent"
        );
    }
}

#[test]
fn a_part_that_takes_its_time_is_the_part() {
    for fault in [
        "dribble:3,20ms",
        "trickle:10000",
        "slow-head:20ms",
        "hang:10,for=20ms",
    ] {
        let server = struck(fault);
        let mut raw = Raw::to(&server);
        let reply = raw.ask("GET", PATH, "Range: bytes=700-799\r\n");
        assert_eq!(
            (reply.status, &reply.body[..]),
            (206, &flag()[700..800]),
            "{fault}"
        );
        assert_eq!(
            raw.ask("GET", PATH, "If-None-Match: *\r\n").status,
            304,
            "{fault}"
        );
        assert_eq!(
            raw.ask("GET", PATH, "Range: bytes=-1\r\n").body.len(),
            1,
            "{fault}"
        );
    }
}

#[test]
fn what_is_asked_for_does_not_change_which_request_it_is() {
    let statuses = |fields: &str| {
        let server = BlockingServer::builder()
            .fault("500@50%".parse().unwrap())
            .seed(3);
        let server = server.start().unwrap();
        let mut raw = Raw::to(&server);
        [(); 16].map(|()| raw.ask("GET", PATH, fields).status == 500)
    };
    assert_eq!(statuses(""), statuses("Range: bytes=0-1\r\n"));
    assert_eq!(statuses(""), statuses("If-None-Match: *\r\n"));
}
