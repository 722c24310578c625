//! Rules and the journal, over sockets.

use crate::raw_connection::{RawConnection, wait_until};
use flagpole_server::BlockingServer;
use flagpole_server::{Journal, Rule};
use serde_json::json;
use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

const FLAG: &str = "/flags/br/br.gif";

fn statuses(server: &BlockingServer, count: usize) -> Vec<u16> {
    let mut raw = RawConnection::open(server);
    (0..count).map(|_| raw.get(FLAG).status).collect()
}

#[test]
fn fail_twice_then_succeed() {
    let twice = Rule::default().first(2).fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(twice).start().unwrap();
    assert_eq!(statuses(&server, 4), [503, 503, 200, 200]);
}

#[test]
fn every_fifth_request_fails() {
    let fifth = Rule::default().every(5).fault("500".parse().unwrap());
    let server = BlockingServer::builder().rule(fifth).start().unwrap();
    let statuses = statuses(&server, 10);
    assert_eq!(statuses, [200, 200, 200, 200, 500, 200, 200, 200, 200, 500]);
}

#[test]
fn rule_applies_only_within_its_time_window() {
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    for (from, to, expected) in [(0, 1, 503), (1, 2, 200)] {
        let outage = Rule::default().between(hours(from), hours(to));
        let outage = outage.fault("503".parse().unwrap());
        let server = BlockingServer::builder().rule(outage).start().unwrap();
        assert_eq!(statuses(&server, 1), [expected]);
    }
}

#[test]
fn first_matching_rule_decides_everything() {
    let metadata = Rule::default().path("/flags/*/metadata.json".parse().unwrap());
    let second = Rule::default()
        .n("2".parse().unwrap())
        .fault("418".parse().unwrap());
    let server = BlockingServer::builder()
        .fault("500".parse().unwrap())
        .rule(metadata)
        .rule(second.clone().name("tea"))
        .journal_capacity(10)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    let mut get = |path| raw.get(path).status;
    assert_eq!([get(FLAG), get(FLAG), get(FLAG)], [500, 418, 500]);
    // The listener does not apply where a rule without effect matches.
    assert_eq!(
        [get("/flags/br/metadata.json"), get("/nowhere")],
        [200, 500]
    );
    // The entry may appear just after the response.
    wait_until(|| server.journal_entries().len() >= 5);
    let rules: Vec<_> = server
        .journal_entries()
        .into_iter()
        .map(|entry| entry.rule.to_string())
        .collect();
    assert_eq!(
        rules,
        ["listener", "tea", "listener", "rule[0]", "listener"]
    );
}

#[test]
fn added_rule_does_not_change_the_listeners_fates() {
    let fates = |rules: Vec<Rule>| {
        let builder = BlockingServer::builder().fault("500@50%".parse().unwrap());
        let server = rules
            .into_iter()
            .fold(builder, flagpole_server::ServerBuilder::rule)
            .start()
            .unwrap();
        statuses(&server, 30)
    };
    let head = Rule::default()
        .method(http::Method::HEAD)
        .fault("503".parse().unwrap());
    assert_eq!(fates(vec![]), fates(vec![head]));
}

#[test]
fn equivalent_paths_and_both_methods_share_the_count_and_match_the_same_globs() {
    let third = Rule::default()
        .n("3".parse().unwrap())
        .path("/flags/br/*".parse().unwrap())
        .fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(third).start().unwrap();
    let mut raw = RawConnection::open(&server);
    let statuses = [
        ("GET", FLAG),
        ("HEAD", "/flags/br/br.gif?x"),
        ("GET", "//flags/%62r/br.gif"),
        ("HEAD", "/flags/us/../br/br.gif"),
    ]
    .map(|(method, path)| raw.request(method, path, "").status);
    assert_eq!(statuses, [200, 200, 503, 200]);
    let statuses = [(); 4].map(|()| raw.get("/flags/br/x").status);
    assert_eq!(statuses, [404, 404, 503, 404], "another key");
}

#[test]
fn method_rule_matches_only_that_method() {
    let head = Rule::default()
        .method(http::Method::HEAD)
        .fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(head).start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get(FLAG).status, 200);
    assert_eq!(raw.request("HEAD", FLAG, "").status, 503);
}

#[test]
fn journal_has_a_json_line_per_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (journal, writer) = Journal::new(File::create(&path).unwrap()).unwrap();
    let cut = Rule::default()
        .n("2".parse().unwrap())
        .fault("cut:50%".parse().unwrap());
    let server = BlockingServer::builder()
        .latency("2ms".parse().unwrap())
        .rule(cut)
        .journal(journal.for_listener("X"))
        .start()
        .unwrap();
    drop(journal);
    let mut raw = RawConnection::open(&server);
    for path in [FLAG, "//%6Eowhere"] {
        raw.request("GET", path, "Flagpole-Run: r\r\n");
    }
    let response = raw.request("HEAD", "/flags/us/us.gif", "");
    let length: u64 = response.headers["content-length"].parse().unwrap();
    raw.send("GET /flags/us/us.gif HTTP/1.1\r\nHost: x\r\nFlagpole-Nth: 2\r\n\r\n");
    raw.0.read_to_end(&mut Vec::new()).unwrap();
    server.shutdown(Duration::from_secs(10));
    writer.finish(Duration::from_secs(10)).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let parse = |line: &str| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["at_us"].as_f64().unwrap() > 0.0);
        let late = line["lateness_us"].as_f64();
        assert!(late.is_some_and(|late| late >= 0.0), "{line}");
        line.as_object_mut()
            .unwrap()
            .retain(|key, _| key != "at_us" && key != "lateness_us");
        line
    };
    let mut expected = json!({
        "listener": "X", "run": "r", "method": "GET", "resource": FLAG, "n": 1, "rule": "listener",
        "cause": "delay", "fault": null, "planned_us": 2000.0, "ending": "complete", "status": 200,
        "completed": true
    });
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(parse(lines[0]), expected);
    expected["resource"] = json!("/nowhere");
    expected["path"] = json!("//%6Eowhere");
    expected["status"] = json!(404);
    assert_eq!(parse(lines[1]), expected);
    let cut: serde_json::Value = serde_json::from_str(lines[3]).unwrap();
    let key = |key: &str| cut[key].clone();
    assert_eq!(
        [
            key("rule"),
            key("fault"),
            key("ending"),
            key("completed"),
            key("run")
        ],
        [
            json!("rule[0]"),
            json!("cut:50%"),
            json!(format!("cut at byte {}", length / 2)),
            json!(false),
            json!(null)
        ]
    );
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "writes to /dev/full")]
fn journal_write_error_is_reported() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (journal, writer) = Journal::new(full).unwrap();
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    assert_eq!(
        statuses(&server, 3),
        [200, 200, 200],
        "the server continues"
    );
    server.shutdown(Duration::from_secs(10));
    let error = writer.finish(Duration::from_secs(10)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

/// A writer that blocks until the test ends.
struct BlockedWriter(std::sync::mpsc::Receiver<()>);

impl std::io::Write for BlockedWriter {
    fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
        // The sender is dropped at the end of the test.
        let _ = self.0.recv();
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.write(&[]).map(|_| ())
    }
}

#[test]
fn blocked_journal_writer_does_not_block_the_server() {
    let (_end, ended) = std::sync::mpsc::channel();
    let (journal, writer) = Journal::with_queue(BlockedWriter(ended), 4).unwrap();
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    let received = statuses(&server, 20);
    assert!(
        received.iter().all(|&status| status == 200),
        "more requests than the queue holds"
    );
    server.shutdown(Duration::MAX);
    let error = writer.finish(Duration::from_millis(10)).unwrap_err();
    assert_eq!(error.to_string(), "the file accepts no more data");
}
