//! What `get` reports under each profile.

use super::{CODES, built_in, codes};
use crate::harness::{Sandbox, flagpole};
use flagpole_protocol::{FateKey, Resource};
use flagpole_server::config::listener::Listener;
use flagpole_server::{Profile, RuleSet};
use std::thread;

struct GetTotals {
    code: Option<i32>,
    ok: u64,
    errors: u64,
    /// `503 Service Unavailable`, `connection reset`, ...
    reasons: Vec<String>,
    not_started: u64,
}

fn get(url: &str) -> GetTotals {
    let output = flagpole(&format!("get {CODES} -m 20 --url {url} --timeout 10s"));
    let number = |line: &str| line.split(' ').next().unwrap().parse::<u64>().unwrap();
    let line = |label: &str| output.stdout.lines().find(|line| line.contains(label));
    let errors = line(" failed: ");
    let reasons = errors
        .and_then(|line| line.split_once(": "))
        .map_or("", |(_, reasons)| reasons);
    let reasons = reasons
        .split(", ")
        .filter_map(|reason| reason.split_once(" x "));
    GetTotals {
        code: output.code,
        ok: line(" downloaded").map_or(0, number),
        errors: errors.map_or(0, number),
        reasons: reasons.map(|(_, reason)| reason.to_owned()).collect(),
        not_started: line(" not started").map_or(0, number),
    }
}

/// How the reasons of errors under a profile start.
fn expected_reasons(name: &str) -> &'static [&'static str] {
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
        // Only on a machine so slow that the outage begins before the end.
        "outage" => &["503 "],
        // `overload` admits or queues 20 concurrent requests.
        _ => &[],
    }
}

/// The number of flags whose first request gets an error.
fn expected_errors(profile: &Profile, listener: &Listener) -> u64 {
    let rules = RuleSet::new(profile.seed, listener).unwrap();
    let fault = |code| rules.fate(&FateKey::from(Resource::Flag(code)), 1).fault;
    let is_error = |fault: &std::sync::Arc<str>| {
        !fault.starts_with("hang:for") && !fault.starts_with("trickle")
    };
    codes().filter_map(fault).filter(is_error).count() as u64
}

fn assert_get_totals(name: &str, profile: &Profile, listener: &Listener, url: &str) {
    let totals = get(url);
    let GetTotals {
        code,
        ok,
        errors,
        reasons,
        not_started,
    } = totals;
    assert_eq!((ok + errors, not_started), (20, 0), "{name}");
    assert_eq!(code, Some(i32::from(errors > 0)), "{name}");
    assert_eq!(errors > 0, !reasons.is_empty(), "{name}");
    if name != "outage" {
        assert_eq!(errors, expected_errors(profile, listener), "{name}");
    }
    for reason in reasons {
        assert!(
            expected_reasons(name)
                .iter()
                .any(|kind| reason.starts_with(kind)),
            "{name}: {reason}"
        );
    }
}

#[test]
fn get_reports_the_faults_of_every_builtin_profile() {
    thread::scope(|scope| {
        for (name, profile) in built_in() {
            scope.spawn(move || {
                let mut process = Sandbox::new().start(&format!("serve --port 0 --profile {name}"));
                let urls: Vec<_> = profile.listeners.iter().map(|_| process.url()).collect();
                thread::scope(|scope| {
                    for (listener, url) in profile.listeners.iter().zip(&urls) {
                        scope.spawn(|| assert_get_totals(&name, &profile, listener, url));
                    }
                });
            });
        }
    });
}
