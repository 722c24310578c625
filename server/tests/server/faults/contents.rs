//! What is answered instead, and what holds for all faults.

use super::{PATH, and_lives_on, body, read_all, until_the_end};
use crate::raw::{Raw, Reply};
use flagpole_protocol::ContentDigest;
use flagpole_server::BlockingServer;
use flagpole_server::fate::fault;
use std::time::Duration;

#[test]
fn a_status_is_answered_in_place_of_the_flag() {
    for seen in and_lives_on("503,retry-after=2s,reason=Gone Fishing,body=sorry") {
        assert!(
            seen.head.starts_with("HTTP/1.1 503 Gone Fishing\r\n"),
            "{}",
            seen.head
        );
        assert!(seen.head.contains("retry-after: 2\r\n"), "{}", seen.head);
        assert_eq!(seen.body, b"sorry\n");
    }
}

#[test]
fn a_corrupt_body_has_the_digest_of_the_true_one() {
    for seen in and_lives_on("corrupt:3") {
        let digest = format!("content-digest: {}\r\n", ContentDigest::of(&body()));
        assert!(seen.head.contains(&digest), "{}", seen.head);
        let differing = seen
            .body
            .iter()
            .zip(body())
            .map(|(a, b)| (a ^ b).count_ones());
        assert_eq!((seen.body.len(), differing.sum()), (body().len(), 3));
    }
}

#[test]
fn garbage_is_not_http_and_ends_with_a_fin() {
    for seen in until_the_end("garbage") {
        assert!(!seen.head.starts_with("HTTP"), "{}", seen.head);
        assert!(seen.head.contains("garbage") && seen.body.is_empty());
        assert_eq!(seen.error, None);
    }
}

#[test]
fn a_redirect_leads_back_for_ever_or_to_the_flag_in_the_end() {
    for seen in and_lives_on("redirect") {
        assert!(
            seen.head.starts_with("HTTP/1.1 302 Found\r\n"),
            "{}",
            seen.head
        );
        assert!(
            seen.head
                .contains(&format!("location: {PATH}?flagpole-hops=endless\r\n")),
            "{}",
            seen.head
        );
    }
    let server = BlockingServer::builder()
        .fault("redirect:3".parse().unwrap())
        .start()
        .unwrap();
    let (mut raw, mut path, mut hops) = (Raw::to(&server), PATH.to_owned(), 0);
    let flag = loop {
        let reply = raw.get(&path);
        if reply.status == 200 {
            break reply;
        }
        path.clone_from(&reply.headers["location"]);
        hops += 1;
    };
    assert_eq!((hops, flag.body), (3, body()));
}

#[test]
fn nought_per_cent_of_any_fault_leaves_the_answers_as_they_are() {
    let without_date = |mut reply: Reply| {
        reply.headers.remove("date");
        (reply.status, reply.headers, reply.body)
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
            let expected = without_date(Raw::to(&clean).get(path));
            assert_eq!(
                without_date(Raw::to(&server).get(path)),
                expected,
                "{never} {path}"
            );
        }
    }
}

#[test]
fn what_a_fault_ended_is_in_the_ledger() {
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
        let mut raw = Raw::to(&server);
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
