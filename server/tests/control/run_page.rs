//! The live page of a run, which becomes the report.

use crate::call::{call, read_answer};
use crate::events::Events;
use flagpole_server::{RunKind, RunPage, StartError};
use serde_json::json;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any reader needs.
const TIMEOUT: Duration = Duration::from_secs(120);

fn page(kind: RunKind) -> RunPage {
    RunPage::start(kind, ([127, 0, 0, 1], 0).into(), None).unwrap()
}

fn get(address: SocketAddr, path: &str) -> crate::call::Answer {
    call(address, "GET", path, "", "")
}

#[test]
fn each_kind_of_run_has_a_page() {
    for (kind, script) in [
        (RunKind::Load, "load.js"),
        (RunKind::Comparison, "compare.js"),
    ] {
        let page = page(kind);
        let root = get(page.addr(), "/");
        assert!(root.body.contains(&format!("/live/{script}")), "{root:?}");
        assert!(
            root.field("content-security-policy")
                .unwrap()
                .contains("default-src 'none'")
        );
        assert_eq!(get(page.addr(), &format!("/live/{script}")).status, 200);
        assert_eq!(get(page.addr(), "/profile").problem().0, 404);
        assert_eq!(get(page.addr(), "/report").problem().0, 404);
    }
}

#[test]
fn late_reader_gets_state_and_history() {
    let page = page(RunKind::Load);
    page.set(&json!({ "title": "</script>" }));
    for number in 0..3 {
        page.push(&json!(number));
    }
    let mut events = Events::open(page.addr());
    assert_eq!(events.next_of("state")["title"], "</script>");
    assert_eq!(events.next_of("history"), json!([0, 1, 2]));
    page.push(&json!(3));
    assert_eq!(events.next_of("snapshot"), json!(3));
}

#[test]
fn readers_get_the_report_before_the_page_ends() {
    let page = page(RunKind::Comparison);
    let (address, mut events) = (page.addr(), Events::open(page.addr()));
    events.next_of("history");
    let reader = thread::spawn(move || {
        events.next_of("end");
        get(address, "/report")
    });
    let html = "<!doctype html><style>b{}</style><title>x</title>";
    page.finish(html.to_owned(), "b{}", TIMEOUT);
    let report = reader.join().unwrap();
    assert_eq!((report.status, report.body.as_str()), (200, html));
    let policy = report.field("content-security-policy").unwrap();
    // printf 'b{}' | openssl dgst -sha256 -binary | base64
    let style = "style-src 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans=';";
    assert!(policy.contains(style), "{policy}");
    assert!(!policy.contains("'self'"), "{policy}");
}

#[test]
fn page_without_readers_ends_at_once() {
    let page = page(RunKind::Load);
    let start = Instant::now();
    page.finish(String::new(), "", TIMEOUT);
    assert!(start.elapsed() < TIMEOUT / 2);
}

#[test]
fn reader_that_does_not_fetch_the_report_delays_the_end_only_for_the_timeout() {
    let page = page(RunKind::Load);
    let mut events = Events::open(page.addr());
    events.next_of("history");
    page.finish(String::new(), "", Duration::from_millis(50));
    assert_eq!(events.next_of("end"), json!({}));
}

/// The events are more than the buffers of a socket hold, so the stream of the first reader stands still.
#[test]
fn reader_that_does_not_read_holds_up_neither_others_nor_the_end() {
    let page = page(RunKind::Load);
    let stuck = Events::open(page.addr());
    let mut other = Events::open(page.addr());
    other.next_of("history");
    let large = "x".repeat(1 << 20);
    for number in 0..40 {
        page.push(&json!([number, large]));
        assert_eq!(other.next_of("snapshot")[0], number);
    }
    let start = Instant::now();
    page.finish(String::new(), "", Duration::from_millis(50));
    assert!(start.elapsed() < TIMEOUT / 2);
    drop(stuck);
}

#[test]
fn foreign_host_is_refused_and_a_taken_port_is_an_error() {
    let page = page(RunKind::Load);
    for path in ["/", "/live/events", "/report"] {
        let answer = call(page.addr(), "GET", path, "Host: evil.example\r\n", "");
        assert_eq!(answer.problem().0, 421, "{path}");
    }
    let second = RunPage::start(RunKind::Load, page.addr(), None);
    assert!(matches!(second, Err(StartError::PortInUse(_))));
}

#[test]
fn large_report_is_whole_for_a_reader_that_is_slow() {
    let page = page(RunKind::Load);
    let (address, mut events) = (page.addr(), Events::open(page.addr()));
    events.next_of("history");
    let reader = thread::spawn(move || {
        events.next_of("end");
        drop(events);
        let mut stream = TcpStream::connect(address).unwrap();
        let request = b"GET /report HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        // Longer than a page without readers takes to stop.
        thread::sleep(Duration::from_millis(400));
        read_answer(&mut stream).body.len()
    });
    let size = 8 << 20;
    page.finish("x".repeat(size), "", TIMEOUT);
    assert_eq!(reader.join().unwrap(), size);
}
