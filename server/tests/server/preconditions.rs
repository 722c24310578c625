//! Conditional requests and ranges on the wire, without and with faults.

use crate::raw_connection::{RawConnection, RawResponse, finish};
use flagpole_fixtures::Catalog;
use flagpole_protocol::{ContentDigest, Resource};
use flagpole_server::ServerBuilder;
use flagpole_server::{BlockingServer, ResponseEnd};
use std::io::{ErrorKind, Read};
use std::time::Duration;

const PATH: &str = "/flags/br/br.gif";
/// The date of the embedded files, a second before it and a second after it.
const DATE: &str = "Sun, 22 Nov 2026 20:02:09 GMT";
const BEFORE: &str = "Sun, 22 Nov 2026 20:02:08 GMT";
const AFTER: &str = "Sun, 22 Nov 2026 20:02:10 GMT";
const GRACE: Duration = Duration::from_secs(10);

fn flag() -> Vec<u8> {
    let flag = Resource::from_path(PATH).unwrap();
    Catalog::embedded().get(flag).unwrap().to_vec()
}

fn etag() -> String {
    format!("\"{}\"", ContentDigest::from_body(&flag()).short())
}

fn faulty(fault: &str) -> BlockingServer {
    let builder = BlockingServer::builder().fault(fault.parse().unwrap());
    builder.journal_capacity(10).start().unwrap()
}

/// A server without delay, and one whose responses are deferred.
fn clean_and_delayed() -> [BlockingServer; 2] {
    let delayed = BlockingServer::builder().latency("1ms".parse().unwrap());
    [BlockingServer::builder(), delayed]
        .map(|builder: ServerBuilder<BlockingServer>| builder.start().unwrap())
}

/// The lines of a head without the fields that vary.
fn lines(head: &str) -> Vec<&str> {
    let varies = |line: &&str| line.starts_with("date: ") || line.starts_with("server-timing: ");
    head.trim_end()
        .split("\r\n")
        .filter(|line| !varies(line))
        .collect()
}

fn head(raw: &mut RawConnection, method: &str, fields: &str) -> String {
    raw.send(&format!(
        "{method} {PATH} HTTP/1.1\r\nHost: x\r\n{fields}\r\n"
    ));
    raw.head()
}

#[test]
fn not_modified_has_etag_and_no_body() {
    for server in clean_and_delayed() {
        let mut raw = RawConnection::open(&server);
        for method in ["GET", "HEAD"] {
            let head = head(&mut raw, method, &format!("If-None-Match: {}\r\n", etag()));
            let expected = ["HTTP/1.1 304 Not Modified", &format!("etag: {}", etag())];
            assert_eq!(lines(&head), expected);
            assert!(head.contains("\r\ndate: "), "{head}");
        }
        // The next bytes are the next response: the heads had no bodies.
        assert_eq!(raw.get(PATH).body, flag());
        drop(raw);
        assert_eq!(
            server.shutdown(GRACE).by_status,
            [(304, 2), (200, 1)].into()
        );
    }
}

#[test]
fn partial_content_has_range_and_both_digests() {
    let (etag, flag) = (etag(), flag());
    for server in clean_and_delayed() {
        let mut raw = RawConnection::open(&server);
        let head = head(&mut raw, "GET", "Range: bytes=700-1000\r\n");
        let expected = [
            "HTTP/1.1 206 Partial Content",
            "content-type: image/gif",
            &format!("etag: {etag}"),
            &format!(
                "content-digest: {}",
                ContentDigest::from_body(&flag[700..=1000])
            ),
            "accept-ranges: bytes",
            &format!("last-modified: {DATE}"),
            &format!("content-range: bytes 700-1000/{}", flag.len()),
            &format!("repr-digest: {}", ContentDigest::from_body(&flag)),
            "content-length: 301",
        ];
        assert_eq!(lines(&head), expected);
        let mut body = vec![0; 301];
        raw.0.read_exact(&mut body).unwrap();
        assert_eq!(body, flag[700..=1000]);
        assert_eq!(raw.get(PATH).body, flag);
    }
}

/// Requests parts of the flag and checks all bytes of the response.
#[test]
fn several_ranges_are_parts_of_one_body() {
    let flag = flag();
    for server in clean_and_delayed() {
        let mut raw = RawConnection::open(&server);
        let response = raw.request("GET", PATH, "Range: bytes=700-799, -1, 0-2\r\n");
        assert_eq!(response.status, 206);
        let boundary = response.headers["content-type"]
            .strip_prefix("multipart/byteranges; boundary=")
            .unwrap();
        let mut expected = Vec::new();
        for range in [700..800, flag.len() - 1..flag.len(), 0..3] {
            let (first, last, length) = (range.start, range.end - 1, flag.len());
            expected.extend(
                format!(
                    "--{boundary}\r\ncontent-type: image/gif\r\n\
                     content-range: bytes {first}-{last}/{length}\r\n\r\n"
                )
                .bytes(),
            );
            expected.extend(&flag[range]);
            expected.extend(b"\r\n");
        }
        expected.extend(format!("--{boundary}--\r\n").bytes());
        assert_eq!(response.body, expected);
        assert!(!response.headers.contains_key("content-range"));
        let digest = |body: &[u8]| ContentDigest::from_body(body).to_string();
        assert_eq!(response.headers["content-digest"], digest(&expected));
        assert_eq!(response.headers["repr-digest"], digest(&flag));
        assert_eq!(response.headers["etag"], etag());
        assert_eq!(raw.get(PATH).body, flag);
    }
}

#[test]
fn one_satisfiable_range_of_several_is_one_part_and_too_many_bytes_are_the_whole() {
    let (server, flag) = (BlockingServer::builder().start().unwrap(), flag());
    let mut raw = RawConnection::open(&server);
    let response = raw.request("GET", PATH, "Range: bytes=99999-, 5-6, -0\r\n");
    assert_eq!((response.status, &response.body[..]), (206, &flag[5..7]));
    assert_eq!(response.headers["content-type"], "image/gif");
    for ranges in ["0-,0-", "1-,0-1"] {
        let response = raw.request("GET", PATH, &format!("Range: bytes={ranges}\r\n"));
        assert_eq!((response.status, &response.body), (200, &flag), "{ranges}");
    }
}

#[test]
fn dates_select_304_412_and_ranges() {
    for server in clean_and_delayed() {
        let mut raw = RawConnection::open(&server);
        let range = |date| format!("If-Range: {date}\r\nRange: bytes=5-6\r\n");
        for (fields, status) in [
            (format!("If-Modified-Since: {BEFORE}\r\n"), 200),
            (format!("If-Modified-Since: {DATE}\r\n"), 304),
            (format!("If-Modified-Since: {AFTER}\r\n"), 304),
            (format!("If-Unmodified-Since: {BEFORE}\r\n"), 412),
            (format!("If-Unmodified-Since: {DATE}\r\n"), 200),
            (range(DATE), 206),
            (range(BEFORE), 200),
            (range(AFTER), 200),
        ] {
            let response = raw.request("GET", PATH, &fields);
            assert_eq!(response.status, status, "{fields}");
        }
        // A page has no date.
        let fields = format!("If-Modified-Since: {AFTER}\r\n");
        assert_eq!(raw.request("GET", "/flags/", &fields).status, 200);
    }
}

#[test]
fn unsatisfiable_range_is_416_and_failed_precondition_is_412() {
    for server in clean_and_delayed() {
        let mut raw = RawConnection::open(&server);
        let response = raw.request("GET", PATH, "Range: bytes=99999-\r\n");
        assert_eq!(response.status, 416);
        assert_eq!(
            response.headers["content-range"],
            format!("bytes */{}", flag().len())
        );
        assert_eq!(response.body, b"416 Range Not Satisfiable\n");
        assert!(!response.headers.contains_key("content-digest"));
        for (method, body) in [("GET", &b"412 Precondition Failed\n"[..]), ("HEAD", b"")] {
            let response = raw.request(method, PATH, "If-Match: \"x\"\r\n");
            assert_eq!(
                (response.status, &response.body[..]),
                (412, body),
                "{method}"
            );
        }
        drop(raw);
        assert_eq!(
            server.shutdown(GRACE).by_status,
            [(412, 2), (416, 1)].into()
        );
    }
}

#[test]
fn head_and_missing_resources_ignore_range() {
    for server in clean_and_delayed() {
        let mut raw = RawConnection::open(&server);
        let response = raw.request("HEAD", PATH, "Range: bytes=0-9\r\n");
        let length = flag().len().to_string();
        assert_eq!(
            (response.status, &response.headers["content-length"]),
            (200, &length)
        );
        let fields = "Range: bytes=0-9\r\nIf-None-Match: *\r\n";
        assert_eq!(raw.request("GET", "/nowhere", fields).status, 404);
        assert_eq!(raw.request("DELETE", PATH, fields).status, 405);
    }
}

#[test]
fn pages_support_preconditions_and_ranges() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = RawConnection::open(&server);
    for path in ["/flags/", "/flags/index.json", "/flags/br/metadata.json"] {
        let full = raw.get(path);
        let fields = format!("If-None-Match: \"x\", W/{}\r\n", full.headers["etag"]);
        assert_eq!(raw.request("GET", path, &fields).status, 304, "{path}");
        let end = raw.request("GET", path, "Range: bytes=-9\r\n");
        assert_eq!(
            (end.status, &end.body[..]),
            (206, &full.body[full.body.len() - 9..])
        );
    }
}

/// Requests the rest of a file, as a client does that resumes a download.
fn request_rest(server: &BlockingServer, from: usize, tag: &str) -> RawResponse {
    let fields = format!("Range: bytes={from}-\r\nIf-Range: {tag}\r\n");
    RawConnection::open(server).request("GET", PATH, &fields)
}

#[test]
fn cut_file_is_resumed_and_verified() {
    let (head, mut joined, _) = read_to_end(&faulty("cut:4000"), "");
    assert!(head.contains(&format!("etag: {}\r\n", etag())), "{head}");
    assert_eq!(joined.len(), 4000);
    let response = request_rest(&faulty("404@0%"), joined.len(), &etag());
    assert_eq!(response.status, 206);
    joined.extend(response.body);
    let proof = ContentDigest::from_header(&response.headers["repr-digest"]);
    assert_eq!(
        (joined == flag(), Some(ContentDigest::from_body(&joined))),
        (true, proof)
    );
}

#[test]
fn if_range_with_another_etag_gets_the_full_file() {
    let server = BlockingServer::builder().start().unwrap();
    for tag in ["\"0123456789abcdef\"", &format!("W/{}", etag())] {
        let response = request_rest(&server, 4000, tag);
        assert_eq!((response.status, response.body), (200, flag()), "{tag}");
    }
}

#[test]
fn status_fault_precedes_preconditions() {
    let server = faulty("500");
    let mut raw = RawConnection::open(&server);
    for fields in [
        "If-None-Match: *\r\n",
        "Range: bytes=0-1\r\n",
        "If-Match: \"x\"\r\n",
    ] {
        assert_eq!(raw.request("GET", PATH, fields).status, 500, "{fields}");
    }
}

#[test]
fn corrupt_flips_bits_of_the_range_and_keeps_the_digests() {
    let (server, flag) = (faulty("corrupt:3"), flag());
    let response = RawConnection::open(&server).request("GET", PATH, "Range: bytes=700-999\r\n");
    let differing = response.body.iter().zip(&flag[700..1000]);
    let bits: u32 = differing.map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!((response.status, response.body.len(), bits), (206, 300, 3));
    let digest = |name: &str| ContentDigest::from_header(&response.headers[name]).unwrap();
    assert_eq!(
        digest("content-digest"),
        ContentDigest::from_body(&flag[700..1000])
    );
    assert_eq!(digest("repr-digest"), ContentDigest::from_body(&flag));
}

/// Head and body until the connection ends, and the error of the last read.
fn read_to_end(server: &BlockingServer, fields: &str) -> (String, Vec<u8>, Option<ErrorKind>) {
    let mut raw = RawConnection::open(server);
    let head = head(&mut raw, "GET", fields);
    let mut body = Vec::new();
    let end = raw.0.read_to_end(&mut body);
    (head, body, end.err().map(|error| error.kind()))
}

#[test]
fn fault_offsets_count_within_the_range() {
    let reset = Some(ErrorKind::ConnectionReset);
    for (fault, bytes, end) in [
        ("cut:100", 100, None),
        ("reset:100", 100, reset),
        ("reset:50%", 150, reset),
        ("cut:300", 300, None),
        ("cut:99999", 300, None),
    ] {
        let (head, body, ended) = read_to_end(&faulty(fault), "Range: bytes=700-999\r\n");
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
fn in_not_modified_every_offset_is_after_the_head() {
    for (fault, end) in [
        ("cut:100", None),
        ("reset:0", Some(ErrorKind::ConnectionReset)),
        ("reset:50%", Some(ErrorKind::ConnectionReset)),
    ] {
        let server = faulty(fault);
        let (head, body, ended) = read_to_end(&server, "If-None-Match: *\r\n");
        assert!(head.starts_with("HTTP/1.1 304 "), "{fault}: {head}");
        assert_eq!((body.len(), ended), (0, end), "{fault}");
        let (ledger, requests) = finish(server);
        assert_eq!(ledger.by_status, [(304, 1)].into(), "{fault}");
        let outcome = &requests[0].1;
        assert_eq!(
            outcome.end,
            ResponseEnd::Completed,
            "{fault}: the full response was sent"
        );
    }
}

#[test]
fn paced_range_is_complete() {
    for fault in [
        "dribble:3,20ms",
        "trickle:10000",
        "slow-head:20ms",
        "hang:10,for=20ms",
    ] {
        let server = faulty(fault);
        let mut raw = RawConnection::open(&server);
        let response = raw.request("GET", PATH, "Range: bytes=700-799\r\n");
        assert_eq!(
            (response.status, &response.body[..]),
            (206, &flag()[700..800]),
            "{fault}"
        );
        assert_eq!(
            raw.request("GET", PATH, "If-None-Match: *\r\n").status,
            304,
            "{fault}"
        );
        assert_eq!(
            raw.request("GET", PATH, "Range: bytes=-1\r\n").body.len(),
            1,
            "{fault}"
        );
    }
}

#[test]
fn range_and_precondition_do_not_change_the_fate() {
    let statuses = |fields: &str| {
        let server = BlockingServer::builder()
            .fault("500@50%".parse().unwrap())
            .seed(3);
        let server = server.start().unwrap();
        let mut raw = RawConnection::open(&server);
        [(); 16].map(|()| raw.request("GET", PATH, fields).status == 500)
    };
    assert_eq!(statuses(""), statuses("Range: bytes=0-1\r\n"));
    assert_eq!(statuses(""), statuses("If-None-Match: *\r\n"));
}
