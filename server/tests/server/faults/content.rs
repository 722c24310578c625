//! Faults that replace the content, and properties of all faults.

use super::{PATH, body, read_all, read_and_reuse, read_until_end};
use crate::raw_connection::{RawConnection, RawResponse, finish};
use flagpole_protocol::{ContentDigest, ServerTiming};
use flagpole_server::fate::fault;
use flagpole_server::{BlockingServer, ResponseEnd, ServerBuilder};
use std::fs;
use std::time::UNIX_EPOCH;

#[test]
fn status_fault_replaces_the_response() {
    for received in read_and_reuse("503,retry-after=2s,reason=Gone Fishing,body=sorry") {
        assert!(
            received.head.starts_with("HTTP/1.1 503 Gone Fishing\r\n"),
            "{}",
            received.head
        );
        assert!(
            received.head.contains("retry-after: 2\r\n"),
            "{}",
            received.head
        );
        assert_eq!(received.body, b"sorry");
    }
}

/// The field that a status demands, with its value; 304 has the `ETag` of the representation.
const DEMANDED: [(&str, &str); 9] = [
    ("206", "content-range: bytes 0-19/20"),
    ("302", "location: /flags/"),
    ("304", "etag: \""),
    ("401", "www-authenticate: Basic realm=\"flagpole\""),
    ("405", "allow: GET, HEAD"),
    ("407", "proxy-authenticate: Basic realm=\"flagpole\""),
    ("416", "content-range: bytes */11059"),
    ("426", "upgrade: HTTP/2.0"),
    ("426", "connection: upgrade"),
];

#[test]
fn status_has_the_field_that_it_demands() {
    for (status, field) in DEMANDED {
        for received in read_and_reuse(status) {
            let line = format!("\r\n{field}");
            assert!(received.head.contains(&line), "{status}: {}", received.head);
        }
    }
}

#[test]
fn fault_304_has_the_fields_of_a_304_of_the_representation() {
    let path = "/flags/br/metadata.json";
    let start = |builder: ServerBuilder<BlockingServer>| {
        let cache_control = "max-age=60".parse().unwrap();
        builder.cache_control(cache_control).start().unwrap()
    };
    let clean = start(BlockingServer::builder());
    let faulty = start(BlockingServer::builder().fault("304".parse().unwrap()));
    for coding in ["identity", "gzip"] {
        let fields = format!("Accept-Encoding: {coding}\r\n");
        let tag = RawConnection::open(&clean).request("GET", path, &fields);
        let conditional = format!("{fields}If-None-Match: {}\r\n", tag.headers["etag"]);
        let expected = RawConnection::open(&clean).request("GET", path, &conditional);
        let mut response = RawConnection::open(&faulty).request("GET", path, &fields);
        let date = expected.headers["date"].clone();
        response.headers.insert("date".to_owned(), date);
        response.headers.remove("server-timing");
        assert_eq!((expected.status, response.status), (304, 304));
        assert_eq!(response.headers, expected.headers);
        assert_eq!(response.headers["cache-control"], "max-age=60");
    }
}

#[test]
fn status_without_content_has_no_body_and_no_type() {
    for (status, length) in [("204", None), ("205", Some("0")), ("304", None)] {
        for received in read_and_reuse(status) {
            let field = |name: &str| {
                let mut lines = received.head.lines();
                lines.find_map(|line| line.strip_prefix(&format!("{name}: ")))
            };
            assert_eq!(field("content-length"), length, "{status}");
            assert_eq!(field("content-type"), None, "{status}");
        }
    }
}

#[test]
fn status_has_the_given_fields_and_exactly_the_given_body() {
    let fault = r#"302,type=text/html,body="<p>a, b @ 5%\r\né",header=Location:/x,header=X-A:"b, c",header=x-a:"#;
    for received in read_and_reuse(fault) {
        assert_eq!(received.body, "<p>a, b @ 5%\r\né".as_bytes());
        for line in [
            "content-type: text/html",
            "location: /x",
            "x-a: \"b, c\"",
            "x-a: ",
        ] {
            let line = format!("\r\n{line}\r\n");
            assert_eq!(received.head.matches(&line).count(), 1, "{}", received.head);
        }
    }
}

/// Unless the clock of the machine is set, the date is later than the time before the request.
#[test]
fn retry_after_is_a_date_after_the_response() {
    let before = UNIX_EPOCH.elapsed().unwrap().as_secs();
    for received in read_and_reuse("503,retry-after=date:+3600s") {
        let mut lines = received.head.lines();
        let date = lines.find_map(|line| line.strip_prefix("retry-after: "));
        let date = httpdate::parse_http_date(date.unwrap()).unwrap();
        let date = date.duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!(date >= before + 3600, "{}", received.head);
    }
}

#[test]
fn body_file_is_read_when_the_server_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("down.html");
    let start = || {
        let fault = format!("503,body-file={}", path.display());
        BlockingServer::builder()
            .fault(fault.parse().unwrap())
            .start()
    };
    let error = start().err().unwrap().to_string();
    assert!(
        error.starts_with("status: body-file: cannot read"),
        "{error}"
    );
    fs::write(&path, "<p>").unwrap();
    let server = start().unwrap();
    fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        let response = RawConnection::open(&server).get(PATH);
        assert_eq!(response.body, b"<p>");
        assert_eq!(response.headers["content-type"], "text/html; charset=utf-8");
    }
}

#[test]
fn label_in_server_timing_is_a_quoted_string_as_in_the_journal() {
    let server = BlockingServer::builder()
        .fault(r#"503,body="a, \\ \"é\"\n""#.parse().unwrap())
        .journal_capacity(1)
        .start()
        .unwrap();
    let response = RawConnection::open(&server).get(PATH);
    let timing = ServerTiming::from_header(&response.headers["server-timing"]).unwrap();
    let label = r#"503,body="a, \\ \"\u{e9}\"\n""#;
    assert_eq!(timing.fault.as_deref(), Some(label));
    let (_, requests) = finish(server);
    assert_eq!(requests[0].0.fault.as_deref(), Some(label));
}

#[test]
fn corrupt_body_has_the_digest_of_the_original() {
    for received in read_and_reuse("corrupt:3") {
        let digest = format!("content-digest: {}\r\n", ContentDigest::from_body(&body()));
        assert!(received.head.contains(&digest), "{}", received.head);
        let differing = received
            .body
            .iter()
            .zip(body())
            .map(|(a, b)| (a ^ b).count_ones());
        assert_eq!((received.body.len(), differing.sum()), (body().len(), 3));
    }
}

#[test]
fn garbage_is_not_http_and_ends_with_a_fin() {
    for received in read_until_end("garbage") {
        assert!(!received.head.starts_with("HTTP"), "{}", received.head);
        assert!(received.head.contains("garbage") && received.body.is_empty());
        assert_eq!(received.error, None);
    }
}

#[test]
fn zero_percent_of_any_fault_changes_no_response() {
    let without_date = |mut response: RawResponse| {
        response.headers.remove("date");
        (response.status, response.headers, response.body)
    };
    let clean = BlockingServer::builder().start().unwrap();
    for member in fault::FAMILY {
        let never = format!("{}@0%", member.example);
        let server = BlockingServer::builder()
            .fault(never.parse().unwrap())
            .latency("0".parse().unwrap());
        let server = server.start().unwrap();
        for path in [
            PATH,
            "/flags/br/metadata.json",
            "/flags/index.json",
            "/nowhere",
        ] {
            let expected = without_date(RawConnection::open(&clean).get(path));
            assert_eq!(
                without_date(RawConnection::open(&server).get(path)),
                expected,
                "{never} {path}"
            );
        }
    }
}

#[test]
fn ledger_counts_responses_ended_by_faults() {
    for (fault, status, completed) in [
        ("reset:700", Some(200), false),
        ("reset", None, false),
        ("cut:100%", Some(200), true),
        ("empty", None, false),
        ("garbage", None, true),
        ("corrupt", Some(200), true),
    ] {
        let server = BlockingServer::builder()
            .fault(fault.parse().unwrap())
            .journal_capacity(10)
            .start()
            .unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&format!(
            "GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ));
        read_all(&mut raw);
        drop(raw);
        let (ledger, requests) = finish(server);
        let outcome = &requests[0].1;
        let is_completed = outcome.end == ResponseEnd::Completed;
        let got = (outcome.status, is_completed);
        assert_eq!(got, (status, completed), "{fault}");
        assert_eq!(
            (ledger.requests, ledger.connection_errors),
            (1, 0),
            "{fault}"
        );
    }
}
