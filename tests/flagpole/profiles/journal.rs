//! Previewed fates against the journal.

use super::{built_in, codes};
use crate::harness::{Sandbox, flagpole, wait_until};
use crate::servers::finish;
use flagpole_protocol::{Cause, FateKey, RequestEntry, Resource};
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{BlockingServer, FatePreview, RuleSet, Site};
use proptest::strategy::{Just, Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;
use std::{fs, thread};

/// Sends a request; dropping the result closes the connection.
fn send_request(url: &str, path: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

const TIMES: u64 = 4;

fn preview_line(preview: &FatePreview) -> String {
    let FatePreview {
        resource,
        request_number,
        rule,
        planned,
        fault,
        ending,
        ..
    } = preview;
    format!("{resource} {request_number} {rule} {planned:?} {fault:?} {ending}")
}

fn entry_line(entry: &RequestEntry) -> String {
    let RequestEntry {
        resource,
        request_number,
        rule,
        planned,
        fault,
        ending,
        ..
    } = entry;
    let n = request_number.unwrap();
    format!("{resource} {n} {rule} {planned:?} {fault:?} {ending}")
}

/// Sends batches of requests without waiting for responses.
fn send_all(server: &BlockingServer, resources: &[Resource], concurrency: usize) {
    for batch in resources.chunks(concurrency) {
        let received = server.ledger().requests + batch.len() as u64;
        let send = |resource: &Resource| send_request(&server.url(), &resource.to_string());
        let peers: Vec<_> = batch.iter().map(send).collect();
        wait_until("all requests are received", || {
            server.ledger().requests == received
        });
        drop(peers);
    }
    let count = resources.len() as u64;
    wait_until("all requests are over", || server.requests_over() == count);
}

/// Compares the journal of a server of this listener with the previewed fates.
fn assert_journal_matches(name: &str, seed: u64, listener: &Listener) -> Vec<RequestEntry> {
    let rules = RuleSet::new(seed, listener).unwrap();
    let mut runner = TestRunner::deterministic();
    let resources: Vec<_> = codes()
        .enumerate()
        .map(|(index, code)| {
            if index % 2 == 0 {
                Resource::Flag(code)
            } else {
                Resource::Metadata(code)
            }
        })
        .flat_map(|resource| (0..TIMES).map(move |_| resource))
        .collect();
    let mut entries = Vec::new();
    for concurrency in [1, 8, 64] {
        let shuffled = Just(resources.clone())
            .prop_shuffle()
            .new_tree(&mut runner)
            .unwrap();
        let builder = BlockingServer::builder()
            .seed(seed)
            .listener(listener.clone());
        let server = builder.journal_capacity(resources.len()).start().unwrap();
        send_all(&server, &shuffled.current(), concurrency);
        let (_, requests) = finish(server);
        let mut journal: Vec<_> = requests.into_iter().map(|(entry, _)| entry).collect();
        journal.sort_by_key(|entry| (entry.resource.clone(), entry.request_number));
        let numbers: Vec<_> = journal
            .iter()
            .map(|entry| (entry.resource.clone(), entry.request_number.unwrap()))
            .collect();
        let mut all: Vec<_> = resources
            .iter()
            .map(|&resource| FateKey::from(resource))
            .zip((1..=TIMES).cycle())
            .collect();
        all.sort();
        assert_eq!(numbers, all, "{name}, concurrency {concurrency}");
        let is_fate = |entry: &RequestEntry| {
            !matches!(entry.cause, Cause::ConcurrencyLimit | Cause::RateLimit)
        };
        journal.retain(is_fate);
        assert!(!journal.is_empty());
        for entry in &journal {
            let number = entry.request_number.unwrap();
            let request = RequestInfo::get(&entry.resource, number, entry.at);
            let preview = FatePreview::new(&rules, &Site::embedded(), &request);
            assert_eq!(
                entry_line(entry),
                preview_line(&preview),
                "{name}, concurrency {concurrency}"
            );
        }
        entries.extend(journal);
    }
    entries
}

#[test]
fn journal_matches_the_fates_of_every_builtin_profile() {
    thread::scope(|scope| {
        for (name, profile) in built_in() {
            scope.spawn(move || {
                for listener in &profile.listeners {
                    assert_journal_matches(&name, profile.seed, listener);
                }
            });
        }
    });
}

#[test]
fn time_window_is_decided_by_the_journalled_time() {
    let (_, mut outage) = built_in()
        .into_iter()
        .find(|(name, _)| name == "outage")
        .unwrap();
    let rule = &mut outage.listeners[0].rules[0];
    (rule.from, rule.to) = (None, Some(Duration::from_secs(3600)));
    let entries = assert_journal_matches("outage", 0, &outage.listeners[0]);
    assert!(entries.iter().all(|entry| &*entry.rule == "outage"));
}

/// The columns that `fate` and the journal share.
fn common_columns(row: &Value) -> Value {
    let keys = ["resource", "n", "rule", "planned_us", "fault", "ending"];
    keys.iter().map(|key| row[key].clone()).collect()
}

#[test]
fn journal_file_matches_the_fate_command() {
    for name in ["book", "flaky"] {
        let options = format!("--profile {name} --seed 7");
        let fates = flagpole(&format!(
            "fate {options} --flags 12 --metadata -n 3 --format json"
        ));
        let fates: Value = serde_json::from_str(&fates.stdout).unwrap();
        let listeners = fates["listeners"].as_array().unwrap();
        let sandbox = Sandbox::new();
        let mut process = sandbox.start(&format!("serve --port 0 {options} --journal journal"));
        let mut count = 0;
        for listener in listeners {
            let url = process.url();
            for fate in listener["fates"].as_array().unwrap() {
                drop(send_request(&url, fate["resource"].as_str().unwrap()));
                count += 1;
            }
        }
        let text = || fs::read_to_string(sandbox.path("journal")).unwrap();
        wait_until("the journal file is complete", || {
            text().matches('\n').count() == 2 * count
        });
        let journal = text();
        let lines = journal
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["event"] == "end");
        let (lines, mut compared) = (lines.collect::<Vec<_>>(), 0);
        for listener in listeners {
            let name = listener["listener"].as_str().unwrap();
            let matching = lines
                .iter()
                .filter(|line| line["listener"].as_str().unwrap_or("") == name);
            let position = |row: &Value| (row[0].to_string(), row[1].as_u64());
            let sorted = |mut rows: Vec<Value>| {
                rows.sort_by_key(position);
                rows
            };
            let matching = sorted(matching.map(common_columns).collect());
            let fates = listener["fates"]
                .as_array()
                .unwrap()
                .iter()
                .map(common_columns);
            assert_eq!(matching, sorted(fates.collect()), "{name}");
            compared += matching.len();
        }
        assert_eq!((compared, compared > 0), (count, true));
    }
}
