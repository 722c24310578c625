//! The policies of `flagpole get`, in the words of its command line.

use crate::combos::{files, true_flags};
use crate::harness::{CommandOutput, Sandbox};
use crate::servers::mock;
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use serde_json::Value;
use std::fs;

/// `threads-ureq` and the default: the two transports.
const WAYS: [&str; 2] = ["", "--strategy threads --transport ureq"];

fn get(desk: &Sandbox, server: &BlockingServer, words: &str) -> CommandOutput {
    desk.run(&format!("get --url {} {words}", server.url()))
}

/// A flagpole whose first answers for each resource go wrong in this way.
fn failing(first: u32, fault: &str) -> BlockingServer {
    let rule = Rule::default().first(first).fault(fault.parse().unwrap());
    BlockingServer::builder().rule(rule).start().unwrap()
}

fn records(desk: &Sandbox) -> Vec<Value> {
    let lines = fs::read_to_string(desk.path("r.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn retries_are_told_in_the_sum_and_not_line_by_line() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(2, "500"));
        let done = get(
            &desk,
            &server,
            &format!("BR -v --retries 2 --backoff 3ms..4ms {way}"),
        );
        assert_eq!(done.code, Some(0), "{done}");
        assert_eq!(done.err.lines().count(), 2, "{done}");
        assert!(done.err.ends_with("\nBR ok\n"), "{done}");
        let told = "1 flag downloaded\n3 requests (3.00 per flag): 2 retries; 52 bytes discarded; ";
        assert!(
            done.out.starts_with(told) && done.out.contains(" backoff\n"),
            "{done}"
        );
        assert_eq!(files(&desk.path("downloaded")), true_flags("BR"));
    }
}

#[test]
fn what_is_not_among_the_statuses_is_not_retried() {
    let (desk, server) = (Sandbox::new(), mock("0", "500"));
    let insist = "BR --retries 3 --backoff 1ms..1ms";
    get(&desk, &server, &format!("{insist} --retry-status 503,429"));
    assert_eq!(server.ledger().requests, 1);
    get(&desk, &server, &format!("{insist} --retry-status 503,500"));
    assert_eq!(server.ledger().requests, 5);
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(1, "503,retry-after=1s"));
        let words = "BR --retries 1 --backoff 1ms..1ms --records r.jsonl";
        let done = get(&desk, &server, &format!("{words} {way}"));
        assert_eq!(done.code, Some(0), "{done}");
        let [failed, again] = records(&desk).try_into().unwrap();
        let time = |record: &Value, key: &str| record[key].as_u64().unwrap();
        assert_eq!(again["kind"], "retry");
        // What was asked for, and what is drawn.
        assert!((1_000_000..=1_001_000).contains(&time(&again, "backoff_us")));
        assert!(time(&again, "sent_us") >= time(&failed, "done_us") + 1_000_000);
    }
}

#[test]
fn a_budget_bounds_the_retries_of_all_together() {
    let (desk, server) = (Sandbox::new(), mock("0", "500"));
    let words = "--retries 50 --backoff 1ms..1ms --retry-budget 0%";
    let done = get(&desk, &server, words);
    assert!(
        done.out
            .contains("\n30 requests (1.50 per flag): 10 retries; "),
        "{done}"
    );
    assert_eq!(server.ledger().requests, 30);
}

#[test]
fn the_waits_are_those_of_the_seed() {
    let waits = |seed| {
        let (desk, server) = (Sandbox::new(), mock("0", "500"));
        let words = "BR US --retries 2 --backoff 5ms..9ms --records r.jsonl";
        get(&desk, &server, &format!("{words} --retry-seed {seed}"));
        let mut waits: Vec<_> = records(&desk)
            .iter()
            .map(|r| {
                (
                    r["download"].as_u64(),
                    r["attempt"].as_u64(),
                    r["backoff_us"].as_u64(),
                )
            })
            .collect();
        waits.sort_unstable();
        waits
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
}

#[test]
fn a_second_request_saves_a_download_that_hangs() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(1, "hang:0"));
        let done = get(
            &desk,
            &server,
            &format!("BR US -m 4 --hedge 30ms --hedge-share 100% {way}"),
        );
        assert_eq!(done.code, Some(0), "{done}");
        let told = "2 flags downloaded\n4 requests (2.00 per flag): 2 hedges\n";
        assert!(done.out.starts_with(told), "{done}");
        assert_eq!(files(&desk.path("downloaded")), true_flags("BR US"));
    }
}

#[test]
fn redirects_are_followed_as_far_as_is_allowed() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), mock("0", "redirect:3"));
        let done = get(&desk, &server, &format!("BR {way}"));
        let told = "1 flag downloaded\n4 requests (4.00 per flag): 3 redirects";
        assert!(done.out.starts_with(told), "{done}");
        let done = get(&desk, &server, &format!("BR --max-redirects 2 {way}"));
        assert!(
            done.out.contains("\n1 error: 1 x too many redirects\n"),
            "{done}"
        );
        let done = get(&desk, &server, &format!("BR --max-redirects 0 {way}"));
        assert!(done.out.contains("\n1 error: 1 x 302 Found\n"), "{done}");
    }
}

#[test]
fn a_connection_serves_one_request_if_so_asked() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), mock("0", ""));
        get(&desk, &server, &format!("-m 4 {way}"));
        let reused = server.ledger().connections;
        assert!((1..=4).contains(&reused), "{reused}");
        get(&desk, &server, &format!("-m 4 --no-reuse {way}"));
        assert_eq!(server.ledger().connections - reused, 20);
    }
}

#[test]
fn an_error_says_which_limit_of_time_was_not_kept() {
    const LIMITS: &str = "--connect-timeout 20s --first-byte-timeout 100ms --timeout 400ms";
    for way in WAYS {
        for (fault, told) in [
            ("hang", "no first byte within 100ms"),
            ("hang:700", "timed out after 400ms"),
        ] {
            let (desk, server) = (Sandbox::new(), mock("0", fault));
            let done = get(&desk, &server, &format!("BR -v {LIMITS} {way}"));
            assert!(
                done.err.ends_with(&format!("\n*** Error for BR: {told}\n")),
                "{done}"
            );
            assert_eq!((done.code, desk.saved()), (Some(1), vec![]));
        }
    }
}

/// A listener with a full queue answers no further request for a connection.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_is_not_made_is_an_error_of_its_own() {
    use std::net::{TcpListener, TcpStream};
    for way in WAYS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        socket2::SockRef::from(&listener).listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let _queued = TcpStream::connect(address).unwrap();
        let line = format!("get BR -v --url http://{address} --connect-timeout 100ms {way}");
        let done = Sandbox::new().run(&line);
        let told = "\n*** Error for BR: connect timeout after 100ms\n";
        assert!(done.err.ends_with(told), "{done}");
    }
}
