//! `flagpole serve`, as a process of its own.

use crate::harness::{RunningCommand, Sandbox};
use crate::servers::RawClient;
use flagpole_protocol::FateKey;
use flagpole_protocol::Resource;
use flagpole_server::RuleSet;
use std::time::Duration;

fn serve(words: &str) -> (RunningCommand, String) {
    let mut process = Sandbox::new().start(&format!("serve --port 0 {words}"));
    let url = process.url();
    (process, url)
}

/// Delays from next to nothing to hours.
const WIDE: &str = "uniform:0..5h";

/// Has a server of latency `WIDE` work on a request that takes hours.
fn keep_busy(peer: &mut RawClient) {
    let profile = RuleSet::without_rules(0, WIDE.parse().unwrap(), vec![]).unwrap();
    let flag = FateKey::from(Resource::Flag("BR".parse().unwrap()));
    let numbers = 1..1_000_000;
    let delay = |n: &u64| profile.fate(&flag, *n).delay;
    let quick = numbers.clone().find(|n| delay(n) < Duration::from_secs(1));
    let slow = numbers
        .clone()
        .find(|n| delay(n) > Duration::from_secs(3600));
    // Both in one write: with the first answer the second request has been parsed as well.
    peer.ask_as(&[quick.unwrap(), slow.unwrap()]);
    assert_eq!(peer.status(), 200);
}

#[cfg(unix)]
mod signals {
    use super::{WIDE, keep_busy, serve};
    use crate::harness::{Sandbox, flagpole};
    use crate::servers::RawClient;
    use rustix::process::Signal;

    #[test]
    fn a_signal_ends_it_with_its_ledger() {
        for signal in [Signal::INT, Signal::TERM] {
            let (process, url) = serve("--fault 404@30% --fault 500@30% --seed 3");
            let got = flagpole(&format!("get -a --url {url}"));
            process.signal(signal);
            let done = process.finish();
            let counts: Vec<u64> = got.out.lines().map(first_number).take(3).collect();
            let [ok, not_found, errors] = counts[..] else {
                panic!("{got}")
            };
            let expected = format!(
                "\nby status  200: {ok}, 404: {not_found}, 500: {errors}\n\
                 by cause   clean: {ok}, fault 404: {not_found}, fault 500: {errors}\n"
            );
            assert_eq!(done.code, Some(0), "{done}");
            assert!(done.out.ends_with(&expected), "{done}");
            let expected = format!("\n{url}\nrequests   249 (249 completed, 0 aborted) over ");
            assert!(done.out.contains(&expected), "{done}");
        }
    }

    fn first_number(line: &str) -> u64 {
        let number = line.split(' ').next().unwrap();
        number.parse().unwrap()
    }

    #[test]
    fn a_signal_lets_it_finish_what_is_under_way() {
        for signal in [Signal::INT, Signal::TERM] {
            let (process, url) = serve("--latency 300ms");
            let mut peer = RawClient::of(&url);
            // Both in one write: with the first answer the second request has been parsed as well.
            peer.ask(2);
            assert_eq!(peer.status(), 200);
            process.signal(signal);
            assert_eq!(peer.status(), 200);
            let done = process.finish();
            assert_eq!(done.code, Some(0), "{done}");
            assert!(done.out.contains("(2 completed, 0 aborted)"), "{done}");
            assert!(
                done.out.contains("by cause   delay: 2\nlateness   p50 "),
                "{done}"
            );
            assert!(
                done.out.ends_with("(2 delayed responses, 0 early)\n"),
                "{done}"
            );
        }
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        let (mut process, url) = serve(&format!("--latency {WIDE}"));
        let mut peer = RawClient::of(&url);
        keep_busy(&mut peer);
        process.signal(Signal::INT);
        let line = process.err_line();
        assert!(line.starts_with("Finishing requests in progress"), "{line}");
        process.signal(Signal::INT);
        assert_eq!(process.finish().code, Some(130));
    }

    #[test]
    fn a_child_leaves_it_to_its_parent_to_end_it() {
        let mut process = Sandbox::new().start("serve --child --port 0");
        let mut peer = RawClient::of(&process.url());
        process.signal(Signal::INT);
        peer.ask(1);
        assert_eq!(peer.status(), 200);
        process.close_stdin();
        assert_eq!(process.finish().code, Some(0));
    }
}

#[test]
fn it_says_where_it_serves_what() {
    let (mut process, url) = serve("--latency 5ms --fault 418@25%");
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with('/'),
        "{url}"
    );
    let mut said = String::new();
    while !said.ends_with(&format!("flagpole get --url {url}\n")) {
        let line = process.out_line();
        assert!(!line.is_empty(), "it ended, or closed its output: {said}");
        said += &line;
    }
    assert!(
        said.contains(&format!("  curl -i {url}flags/br/br.gif\n")),
        "{said}"
    );
    let mut peer = RawClient::of(&url);
    peer.ask(1);
    assert!([200, 418].contains(&peer.status()));
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    let statuses = |seed| {
        let (_process, url) = serve(&format!("--fault 500@50% --seed {seed}"));
        let mut peer = RawClient::of(&url);
        peer.ask(64);
        (0..64).map(|_| peer.status()).collect::<Vec<_>>()
    };
    let first = statuses(7);
    assert_eq!(first, statuses(7));
    assert_ne!(first, statuses(8));
    assert!(first.contains(&200) && first.contains(&500));
}

#[test]
fn a_child_ends_when_its_standard_input_does() {
    let mut process = Sandbox::new().start("serve --child --port 0 --fault 503");
    let mut peer = RawClient::of(&process.url());
    peer.ask(2);
    assert_eq!((peer.status(), peer.status()), (503, 503));
    process.close_stdin();
    let done = process.finish();
    assert_eq!(done.code, Some(0), "{done}");
    let ledger: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(
        (&ledger["requests"], &ledger["completed"]),
        (&2.into(), &2.into())
    );
    assert_eq!(ledger["by_status"], serde_json::json!({ "503": 2 }));
    assert_eq!(ledger["by_cause"], serde_json::json!({ "fault 503": 2 }));
}

#[test]
fn a_child_waits_for_no_answer_when_its_parent_is_gone() {
    let mut process = Sandbox::new().start(&format!("serve --child --port 0 --latency {WIDE}"));
    let mut peer = RawClient::of(&process.url());
    keep_busy(&mut peer);
    process.close_stdin();
    let done = process.finish();
    assert_eq!(done.code, Some(0), "{done}");
    assert!(
        done.out.contains("\"completed\":1,\"aborted\":1,"),
        "{done}"
    );
}
