//! Faults that replace the content, and properties of all faults.

use super::{PATH, body, read_all, read_and_reuse, read_until_end};
use crate::raw_connection::{RawConnection, RawResponse};
use flagpole_protocol::ContentDigest;
use flagpole_server::BlockingServer;
use flagpole_server::fate::fault;
use std::time::Duration;

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
        assert_eq!(received.body, b"sorry\n");
    }
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
        let ledger = server.shutdown(Duration::from_secs(10));
        let entry = &ledger.entries[0];
        assert_eq!(
            (entry.status, entry.completed),
            (status, completed),
            "{fault}"
        );
        assert_eq!(
            (ledger.requests, ledger.connection_errors),
            (1, 0),
            "{fault}"
        );
    }
}
