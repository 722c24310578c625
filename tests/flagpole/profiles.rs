//! The built-in profiles: what is told in advance is what happens, whoever asks and in whatever
//! order; and what `get` makes of each.

use crate::harness::{Sandbox, flagpole, wait_until};
use flagpole_protocol::FateKey;
use flagpole_protocol::{Cause, JournalEntry};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, Profile, RuleSet, Site};
use http::Method;
use proptest::strategy::{Just, Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;
use std::{fs, thread};

/// Countries with large flags and small ones.
const CODES: &str = "BR US JP NP VA IN CN FR MX ES BY TM EC SV HT AF BZ FJ BO PT";

/// The built-in profiles by name.
pub(crate) fn built_in() -> Vec<(String, Profile)> {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap();
    let paths = folder.map(|file| file.unwrap().path());
    let profiles = paths.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap().parse().unwrap())
    });
    let profiles: Vec<_> = profiles.collect();
    assert_eq!(profiles.len(), 9);
    profiles
}

fn codes() -> impl Iterator<Item = CountryCode> {
    CODES.split(' ').map(|code| code.parse().unwrap())
}

/// Connects and asks for a path: whoever drops the result leaves.
fn ask(url: &str, path: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

mod journal {
    use super::*;

    /// How often each resource is asked for.
    const TIMES: u64 = 4;

    /// What is planned for an answer, in one line.
    fn line(planned: &FatePreview) -> String {
        let FatePreview {
            resource,
            request_number,
            rule,
            planned,
            fault,
            ending,
            ..
        } = planned;
        format!("{resource} {request_number} {rule} {planned:?} {fault:?} {ending}")
    }

    /// The same, in the words of the journal.
    fn told(entry: &JournalEntry) -> String {
        let JournalEntry {
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

    /// Asks for so many at once, and for the next ones as soon as all have been heard: nobody waits
    /// for an answer.
    fn ask_all(server: &BlockingServer, resources: &[Resource], lanes: usize) {
        for wave in resources.chunks(lanes) {
            let heard = server.ledger().requests + wave.len() as u64;
            let ask = |resource: &Resource| ask(&server.url(), &resource.to_string());
            let peers: Vec<_> = wave.iter().map(ask).collect();
            wait_until("all are heard", || server.ledger().requests == heard);
            drop(peers);
        }
        let asked = resources.len();
        wait_until("all are told of", || {
            server.journal_entries().len() == asked
        });
    }

    /// Holds the journal of this listener against what was told in advance.
    fn agrees(name: &str, seed: u64, listener: &Listener) -> Vec<JournalEntry> {
        let rulebook = RuleSet::new(seed, listener).unwrap();
        let mut runner = TestRunner::deterministic();
        let resources: Vec<_> = codes()
            .enumerate()
            .map(|(place, code)| {
                if place % 2 == 0 {
                    Resource::Flag(code)
                } else {
                    Resource::Metadata(code)
                }
            })
            .flat_map(|resource| (0..TIMES).map(move |_| resource))
            .collect();
        let mut entries = Vec::new();
        for lanes in [1, 8, 64] {
            let shuffled = Just(resources.clone())
                .prop_shuffle()
                .new_tree(&mut runner)
                .unwrap();
            let builder = BlockingServer::builder()
                .seed(seed)
                .listener(listener.clone());
            let server = builder.journal_capacity(resources.len()).start().unwrap();
            ask_all(&server, &shuffled.current(), lanes);
            let mut journal = server.journal_entries();
            journal.sort_by_key(|entry| (entry.resource.clone(), entry.request_number));
            let numbers: Vec<_> = journal
                .iter()
                .map(|entry| (entry.resource.clone(), entry.request_number.unwrap()))
                .collect();
            let mut all: Vec<_> = resources
                .iter()
                .map(|&one| FateKey::from(one))
                .zip((1..=TIMES).cycle())
                .collect();
            all.sort();
            assert_eq!(numbers, all, "{name}, {lanes} at once");
            let is_fate = |entry: &JournalEntry| {
                !matches!(entry.cause, Cause::ConcurrencyLimit | Cause::RateLimit)
            };
            journal.retain(is_fate);
            assert!(!journal.is_empty());
            for entry in &journal {
                let asked = RequestInfo {
                    method: &Method::GET,
                    key: &entry.resource,
                    request_number: entry.request_number.unwrap(),
                    elapsed: entry.at,
                };
                let planned = FatePreview::new(&rulebook, &Site::embedded(), &asked);
                assert_eq!(told(entry), line(&planned), "{name}, {lanes} at once");
            }
            entries.extend(journal);
        }
        entries
    }

    #[test]
    fn every_built_in_profile_does_what_was_told_in_advance() {
        thread::scope(|scope| {
            for (name, profile) in built_in() {
                scope.spawn(move || {
                    for listener in &profile.listeners {
                        agrees(&name, profile.seed, listener);
                    }
                });
            }
        });
    }

    #[test]
    fn a_fate_within_a_window_is_told_for_its_time() {
        let (_, mut outage) = built_in()
            .into_iter()
            .find(|(name, _)| name == "outage")
            .unwrap();
        let rule = &mut outage.listeners[0].rules[0];
        (rule.from, rule.to) = (None, Some(Duration::from_secs(3600)));
        let entries = agrees("outage", 0, &outage.listeners[0]);
        assert!(entries.iter().all(|entry| &*entry.rule == "outage"));
    }

    /// What `fate` and a line of the journal have in common.
    fn common(row: &Value) -> Value {
        let keys = ["resource", "n", "rule", "planned_us", "fault", "ending"];
        keys.iter().map(|key| row[key].clone()).collect()
    }

    #[test]
    fn the_file_agrees_with_the_command_that_tells_in_advance() {
        for name in ["book", "flaky"] {
            let seeded = format!("--profile {name} --seed 7");
            let fates = flagpole(&format!(
                "fate {seeded} --flags 12 --metadata -n 3 --format json"
            ));
            let fates: Value = serde_json::from_str(&fates.out).unwrap();
            let listeners = fates["listeners"].as_array().unwrap();
            let desk = Sandbox::new();
            let mut process = desk.start(&format!("serve --port 0 {seeded} --journal journal"));
            let mut count = 0;
            for listener in listeners {
                let url = process.url();
                for fate in listener["fates"].as_array().unwrap() {
                    drop(ask(&url, fate["resource"].as_str().unwrap()));
                    count += 1;
                }
            }
            let text = || fs::read_to_string(desk.path("journal")).unwrap();
            wait_until("all is written", || text().matches('\n').count() == count);
            let journal = text();
            let lines = journal
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let (lines, mut told) = (lines.collect::<Vec<_>>(), 0);
            for listener in listeners {
                let name = listener["listener"].as_str().unwrap();
                let own = lines
                    .iter()
                    .filter(|line| line["listener"].as_str().unwrap_or("") == name);
                let place = |row: &Value| (row[0].to_string(), row[1].as_u64());
                let sorted = |mut rows: Vec<Value>| {
                    rows.sort_by_key(place);
                    rows
                };
                let own = sorted(own.map(common).collect());
                let fates = listener["fates"].as_array().unwrap().iter().map(common);
                assert_eq!(own, sorted(fates.collect()), "{name}");
                told += own.len();
            }
            assert_eq!((told, told > 0), (count, true));
        }
    }
}

mod downloads {
    use super::*;

    /// What a `get` that has ended says of its downloads.
    struct GetTotals {
        code: Option<i32>,
        ok: u64,
        errors: u64,
        /// `503 Service Unavailable`, `connection reset`, ...
        reasons: Vec<String>,
        not_started: u64,
    }

    fn get(url: &str) -> GetTotals {
        let done = flagpole(&format!("get {CODES} -m 20 --url {url} --timeout 10s"));
        let number = |line: &str| line.split(' ').next().unwrap().parse::<u64>().unwrap();
        let line = |word: &str| done.out.lines().find(|line| line.contains(word));
        let errors = line(" error");
        let reasons = errors
            .and_then(|line| line.split_once(": "))
            .map_or("", |(_, reasons)| reasons);
        let reasons = reasons
            .split(", ")
            .filter_map(|reason| reason.split_once(" x "));
        GetTotals {
            code: done.code,
            ok: line(" downloaded").map_or(0, number),
            errors: errors.map_or(0, number),
            reasons: reasons.map(|(_, reason)| reason.to_owned()).collect(),
            not_started: line(" not started").map_or(0, number),
        }
    }

    /// What goes wrong under a profile, as `get` calls it.
    fn kinds(name: &str) -> &'static [&'static str] {
        match name {
            "book" => &["418 "],
            "book-2015" => &["500 ", "501 ", "502 ", "503 "],
            "flaky" => &[
                "500 ",
                "503 ",
                "connection reset",
                "connection closed before the end of the response",
                "corrupt body",
            ],
            // Only if the machine is so slow that the outage begins before the end.
            "outage" => &["503 "],
            // 20 at once are fewer than the places and the queue of `overload`.
            _ => &[],
        }
    }

    /// The flags that are struck by what `get` calls an error, when each is asked for once.
    fn struck(profile: &Profile, listener: &Listener) -> u64 {
        let rulebook = RuleSet::new(profile.seed, listener).unwrap();
        let fault = |code| rulebook.fate(&FateKey::from(Resource::Flag(code)), 1).fault;
        let is_error = |fault: &std::sync::Arc<str>| {
            !fault.starts_with("hang:for") && !fault.starts_with("trickle")
        };
        codes().filter_map(fault).filter(is_error).count() as u64
    }

    fn hold(name: &str, profile: &Profile, listener: &Listener, url: &str) {
        let said = get(url);
        let GetTotals {
            code,
            ok,
            errors,
            reasons,
            not_started,
        } = said;
        assert_eq!((ok + errors, not_started), (20, 0), "{name}");
        assert_eq!(code, Some(i32::from(errors > 0)), "{name}");
        assert_eq!(errors > 0, !reasons.is_empty(), "{name}");
        if name != "outage" {
            assert_eq!(errors, struck(profile, listener), "{name}");
        }
        for reason in reasons {
            assert!(
                kinds(name).iter().any(|kind| reason.starts_with(kind)),
                "{name}: {reason}"
            );
        }
    }

    #[test]
    fn every_built_in_profile_lets_get_do_what_it_says() {
        thread::scope(|scope| {
            for (name, profile) in built_in() {
                scope.spawn(move || {
                    let mut process =
                        Sandbox::new().start(&format!("serve --port 0 --profile {name}"));
                    let urls: Vec<_> = profile.listeners.iter().map(|_| process.url()).collect();
                    thread::scope(|scope| {
                        for (listener, url) in profile.listeners.iter().zip(&urls) {
                            scope.spawn(|| hold(&name, &profile, listener, url));
                        }
                    });
                });
            }
        });
    }
}
