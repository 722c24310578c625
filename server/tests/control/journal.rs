//! `GET /journal`.

use crate::call::{Fixture, call, wait_until};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

const TWO: &str = "[[listener]]\nname = 'A'\n[[listener.rule]]\nname = 'once'\nfirst = 1\nfaults = [503]\n\
    [[listener]]\nname = 'B'";

fn entries(fixture: &Fixture, query: &str) -> Vec<Value> {
    let answer = fixture.get(&format!("/journal{query}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.field("content-type"), Some("application/jsonl"));
    let body = match answer.field("transfer-encoding") {
        Some(_) => dechunked(&answer.body),
        None => answer.body,
    };
    body.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The content of a chunked body.
fn dechunked(mut body: &str) -> String {
    let mut content = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        content += &rest[..size];
        body = rest[size..].strip_prefix("\r\n").unwrap();
    }
    content
}

/// Three requests to A, the first of which gets 503, and one to B.
fn used() -> Fixture {
    let fixture = Fixture::new(TWO);
    fixture.flag("Flagpole-Run: a\r\n");
    fixture.flag("Flagpole-Run: a\r\n");
    let address = fixture.servers[0].addr();
    call(address, "HEAD", "/flags/br/metadata.json?x=1", "", "");
    call(fixture.servers[1].addr(), "GET", "/flags/br/br.gif", "", "");
    fixture.get("/journal?wait=4");
    fixture
}

#[test]
fn entries_of_all_listeners_are_in_one_order() {
    let fixture = used();
    let found = entries(&fixture, "");
    let listeners: Vec<_> = found.iter().map(|entry| &entry["listener"]).collect();
    assert_eq!(listeners, ["A", "A", "A", "B"]);
    assert!(
        found
            .iter()
            .all(|entry| entry["event"] == "end" && entry["end"] == "completed")
    );
    assert!(found.is_sorted_by_key(|entry| entry["id"].as_u64()));
}

#[test]
fn filters_select_entries() {
    let fixture = used();
    let first = entries(&fixture, "")[0]["id"].as_u64().unwrap();
    let port = fixture.servers[1].addr().port();
    for (query, count) in [
        ("listener=A".to_owned(), 3),
        (format!("listener={port}"), 1),
        ("run=a".to_owned(), 2),
        ("run=a&status=503".to_owned(), 1),
        ("method=HEAD".to_owned(), 1),
        ("path=/flags/*/*.gif".to_owned(), 3),
        ("fault=503".to_owned(), 2),
        ("rule=once".to_owned(), 2),
        ("cause=clean".to_owned(), 2),
        ("event=end".to_owned(), 4),
        ("event=begin".to_owned(), 0),
        (format!("since={first}"), 3),
        ("limit=2".to_owned(), 2),
        ("since=0&limit=1".to_owned(), 1),
    ] {
        let found = entries(&fixture, &format!("?{query}"));
        assert_eq!(found.len(), count, "{query}: {found:?}");
    }
    assert_eq!(entries(&fixture, "?since=0&limit=1")[0]["id"], first);
    assert_eq!(entries(&fixture, "?limit=1")[0]["listener"], "B");
}

#[test]
fn malformed_parameters_are_refused() {
    let fixture = Fixture::clean();
    for (query, sentence) in [
        (
            "stauts=503",
            "unknown parameter `stauts`; did you mean `status`?",
        ),
        (
            "status=x",
            "status: expected a status such as `503`, got `x`",
        ),
        (
            "event=ends",
            "event: unknown event `ends`; did you mean `end`?",
        ),
        (
            "path=flags",
            "path: expected a glob over paths such as `/flags/*/*.gif`, got `flags`",
        ),
        (
            "follow=yes",
            "follow: expected `true` or `false`, got `yes`",
        ),
        ("limit=0", "limit: expected 1 to 10000, got `0`"),
        ("limit=1&follow=true", "limit: not with `follow`"),
        ("timeout=1s", "timeout: needs `wait`"),
        ("wait=-1", "wait: expected a whole number from 0, got `-1`"),
    ] {
        let problem = fixture.get(&format!("/journal?{query}")).problem();
        assert_eq!(problem, (400, sentence.to_owned()));
    }
}

#[test]
fn a_call_waits_until_enough_requests_are_over() {
    let fixture = Fixture::clean();
    let address = fixture.control.addr();
    let waiting =
        thread::spawn(move || call(address, "GET", "/journal?wait=2&timeout=60s", "", ""));
    fixture.flag("");
    let answer = fixture.get("/journal?wait=2&timeout=20ms");
    assert_eq!(
        answer.problem(),
        (504, "1 of 2 requests are over after 20ms".to_owned())
    );
    assert_eq!(
        (&answer.json()["over"], &answer.json()["expected"]),
        (&1.into(), &2.into())
    );
    fixture.flag("");
    assert_eq!(waiting.join().unwrap().status, 200);
}

#[test]
fn a_wait_with_filters_counts_the_requests_that_they_select() {
    let fixture = used();
    let status = |query: &str| fixture.get(&format!("/journal?{query}")).status;
    assert_eq!(status("wait=2&run=a&timeout=60s"), 200);
    assert_eq!(status("wait=3&run=a&timeout=10ms"), 504);
    assert_eq!(status("wait=1&listener=B&timeout=60s"), 200);
    assert_eq!(status("wait=2&listener=B&timeout=10ms"), 504);
    fixture.call("POST", "/reset", "", "");
    assert_eq!(status("wait=1&run=a&timeout=10ms"), 504);
    fixture.flag("Flagpole-Run: a\r\n");
    assert_eq!(status("wait=1&run=a&timeout=60s"), 200);
}

#[test]
fn a_wait_with_filters_starts_over_at_a_reset() {
    let fixture = Fixture::clean();
    let address = fixture.control.addr();
    let target = "/journal?wait=2&run=a&timeout=60s";
    let waiting = thread::spawn(move || call(address, "GET", target, "", ""));
    fixture.flag("Flagpole-Run: a\r\n");
    // So that the waiting call has probably counted the request.
    thread::sleep(Duration::from_millis(50));
    fixture.call("POST", "/reset", "", "");
    fixture.flag("Flagpole-Run: a\r\n");
    assert_eq!(fixture.get("/journal?wait=1&run=a").status, 200);
    thread::sleep(Duration::from_millis(50));
    assert!(!waiting.is_finished());
    fixture.flag("Flagpole-Run: a\r\n");
    assert_eq!(waiting.join().unwrap().status, 200);
}

#[test]
fn a_request_in_progress_has_begun_and_is_not_over() {
    let fixture = Fixture::new("[[listener]]\nfaults = ['hang']");
    let mut client = TcpStream::connect(fixture.servers[0].addr()).unwrap();
    client
        .write_all(b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    wait_until(|| fixture.servers[0].ledger().requests == 1);
    let found = entries(&fixture, "");
    assert_eq!((found.len(), &found[0]["event"]), (1, &"begin".into()));
    drop(client);
}

#[test]
fn a_follower_gets_begin_and_end_until_the_control_plane_stops() {
    let fixture = Fixture::clean();
    fixture.flag("");
    let stream = TcpStream::connect(fixture.control.addr()).unwrap();
    (&stream)
        .write_all(b"GET /journal?follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut next = || -> Value {
        let json = lines.by_ref().find(|line| line.starts_with('{')).unwrap();
        serde_json::from_str(&json).unwrap()
    };
    let earlier = [next(), next()];
    fixture.flag("");
    let later = [next(), next()];
    for [begin, end] in [earlier, later] {
        assert_eq!(
            (&begin["event"], &end["event"]),
            (&"begin".into(), &"end".into())
        );
        assert_eq!(begin["id"], end["id"]);
    }
    fixture.flag("");
    assert!(fixture.servers[0].wait(3, Duration::from_secs(60)));
    drop(fixture.control);
    let events = lines.filter(|line| line.starts_with('{'));
    let events: Vec<_> = events.map(|line| line[..15].to_owned()).collect();
    assert_eq!(events, [r#"{"event":"begin"#, r#"{"event":"end","#]);
}

#[test]
fn followers_are_bounded_and_leave_room_for_short_calls() {
    let fixture = Fixture::clean();
    let follow = || {
        let stream = TcpStream::connect(fixture.control.addr()).unwrap();
        (&stream)
            .write_all(b"GET /journal?follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        stream
    };
    let followers: Vec<_> = (0..600).map(|_| follow()).collect();
    wait_until(|| fixture.get("/journal").status == 503);
    assert_eq!(fixture.get("/healthz").status, 200);
    assert_eq!(fixture.flag("").status, 200);
    drop(followers);
    wait_until(|| fixture.get("/journal").status == 200);
}
