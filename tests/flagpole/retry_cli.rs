//! Policy options of `flagpole get`.

use crate::combos::{expected_flags, files};
use crate::harness::{CommandOutput, Sandbox};
use crate::servers::server_with;
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use serde_json::Value;
use std::fs;

/// An event loop and threads.
const COMBOS: [&str; 2] = ["", "--strategy threads"];

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --url {} {options}", server.url()))
}

/// Injects this fault into the first responses for each resource.
fn failing(first: u32, fault: &str) -> BlockingServer {
    let rule = Rule::default().first(first).fault(fault.parse().unwrap());
    BlockingServer::builder().rule(rule).start().unwrap()
}

fn records(sandbox: &Sandbox) -> Vec<Value> {
    let lines = fs::read_to_string(sandbox.path("r.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn retries_are_printed_as_a_total() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(2, "500"));
        let output = get(
            &sandbox,
            &server,
            &format!("BR -v --retries 2 --backoff 3ms..4ms {combo}"),
        );
        output.assert_code(0);
        assert_eq!(output.stderr.lines().skip(1).collect::<Vec<_>>(), ["BR ok"]);
        let expected = "1 flag downloaded\n3 requests (3.00 per flag): 2 retries; 52 B wasted on attempts that failed; ";
        assert!(
            output.stdout.starts_with(expected) && output.stdout.contains(" of backoff\n"),
            "{output}"
        );
        assert_eq!(files(&sandbox.path("downloaded")), expected_flags("BR"));
    }
}

#[test]
fn only_listed_statuses_are_retried() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "500"));
    let options = "BR --retries 3 --backoff 1ms..1ms";
    get(
        &sandbox,
        &server,
        &format!("{options} --retry-status 503,429"),
    );
    assert_eq!(server.ledger().requests, 1);
    get(
        &sandbox,
        &server,
        &format!("{options} --retry-status 503,500"),
    );
    assert_eq!(server.ledger().requests, 5);
}

#[test]
fn retry_after_delays_the_retry() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(1, "503,retry-after=1s"));
        let options = "BR --retries 1 --backoff 1ms..1ms --records r.jsonl";
        let output = get(&sandbox, &server, &format!("{options} {combo}"));
        output.assert_code(0);
        let [failed, retry] = records(&sandbox).try_into().unwrap();
        let micros = |record: &Value, key: &str| record[key].as_u64().unwrap();
        assert_eq!(retry["kind"], "retry");
        // Retry-After plus a backoff of at most 1 ms.
        assert!((1_000_000..=1_001_000).contains(&micros(&retry, "backoff_us")));
        assert!(micros(&retry, "sent_us") >= micros(&failed, "done_us") + 1_000_000);
    }
}

#[test]
fn retry_after_longer_than_accepted_ends_the_download() {
    for (asked, allowed) in [
        ("1h", ""),
        ("2s", "--retry-after-max 1s"),
        ("2s", "--retry-max-time 1s"),
    ] {
        let fault = format!("503,retry-after={asked}");
        let (sandbox, server) = (Sandbox::new(), failing(1, &fault));
        let output = get(&sandbox, &server, &format!("BR --retries 3 {allowed}"));
        output.assert_code(1);
        output.assert_stdout_contains("1 failed: 1 x 503 Service Unavailable\n");
        assert_eq!(server.ledger().requests, 1);
    }
}

#[test]
fn circuit_breaker_spares_a_server_that_fails() {
    for combo in ["--strategy sequential", "--strategy threads -c 1"] {
        let (sandbox, server) = (Sandbox::new(), server_with("0", "500"));
        let options = "--circuit-breaker 50% --circuit-window 4 --circuit-open 1h";
        let output = get(&sandbox, &server, &format!("{options} {combo}"));
        output.assert_code(1);
        output
            .assert_stdout_contains("\nthe circuit breaker opened 1 time; 16 attempts not sent\n");
        output.assert_stdout_contains("16 x the circuit breaker is open");
        assert_eq!(server.ledger().requests, 4);
    }
}

#[test]
fn run_that_ends_with_its_time_says_how_much_was_not_started() {
    for combo in ["--strategy sequential", "-c 1", "--strategy threads -c 1"] {
        let (sandbox, server) = (Sandbox::new(), server_with("50ms", ""));
        let output = get(&sandbox, &server, &format!("--max-time 40ms {combo}"));
        output.assert_code(1);
        let line = output.stderr.lines().last().unwrap();
        let stopped = "stopped after --max-time 40ms: ";
        assert!(
            line.starts_with(stopped) && line.contains(" downloads not started"),
            "{output}"
        );
        output.assert_stdout_contains(" not started\n");
        assert!(server.ledger().requests <= 1);
    }
}

#[test]
fn bodies_that_stall_or_arrive_too_slowly_are_given_up() {
    for (fault, options, reason) in [
        ("hang:700", "--stall-timeout 100ms", "no byte for 100ms"),
        (
            "trickle:1000",
            "--speed-limit 1MB/s --speed-time 100ms",
            "below the speed limit for 100ms",
        ),
    ] {
        for combo in COMBOS {
            let (sandbox, server) = (Sandbox::new(), server_with("0", fault));
            let output = get(&sandbox, &server, &format!("BR US {options} {combo}"));
            output.assert_code(1);
            output.assert_stdout_contains(&format!("\n2 failed: 2 x {reason}\n"));
        }
    }
}

#[test]
fn retry_budget_bounds_the_retries_of_the_run() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "500"));
    let options = "--retries 50 --backoff 1ms..1ms --retry-budget 0%";
    let output = get(&sandbox, &server, options);
    output.assert_stdout_contains("\n30 requests (1.50 per flag): 10 retries; ");
    assert_eq!(server.ledger().requests, 30);
}

#[test]
fn retry_seed_determines_the_backoff() {
    let backoffs = |seed| {
        let (sandbox, server) = (Sandbox::new(), server_with("0", "500"));
        let options = "BR US --retries 2 --backoff 5ms..9ms --records r.jsonl";
        get(&sandbox, &server, &format!("{options} --retry-seed {seed}"));
        let mut backoffs: Vec<_> = records(&sandbox)
            .iter()
            .map(|r| {
                (
                    r["download"].as_u64(),
                    r["attempt"].as_u64(),
                    r["backoff_us"].as_u64(),
                )
            })
            .collect();
        backoffs.sort_unstable();
        backoffs
    };
    assert_eq!(backoffs(1), backoffs(1));
    assert_ne!(backoffs(1), backoffs(2));
}

#[test]
fn hedge_completes_a_download_that_hangs() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(1, "hang:0"));
        let output = get(
            &sandbox,
            &server,
            &format!("BR US -m 4 --hedge 30ms --hedge-share 100% {combo}"),
        );
        output.assert_code(0);
        let expected = "2 flags downloaded\n4 requests (2.00 per flag): 2 hedges\n";
        output.assert_stdout_starts_with(expected);
        assert_eq!(files(&sandbox.path("downloaded")), expected_flags("BR US"));
    }
}

#[test]
fn redirects_are_followed_up_to_the_maximum() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), server_with("0", "redirect:3"));
        let output = get(&sandbox, &server, &format!("BR {combo}"));
        let expected = "1 flag downloaded\n4 requests (4.00 per flag): 3 redirects";
        output.assert_stdout_starts_with(expected);
        let output = get(&sandbox, &server, &format!("BR --max-redirects 2 {combo}"));
        output.assert_stdout_contains("\n1 failed: 1 x too many redirects\n");
        let output = get(&sandbox, &server, &format!("BR --max-redirects 0 {combo}"));
        output.assert_stdout_contains("\n1 failed: 1 x 302 Found\n");
    }
}

#[test]
fn no_reuse_opens_a_connection_per_request() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
        get(&sandbox, &server, &format!("-m 4 {combo}"));
        let reused = server.ledger().connections;
        assert!((1..=4).contains(&reused), "{reused}");
        get(&sandbox, &server, &format!("-m 4 --no-reuse {combo}"));
        assert_eq!(server.ledger().connections - reused, 20);
    }
}

#[test]
fn timeout_errors_name_the_limit_that_expired() {
    const LIMITS: &str = "--connect-timeout 20s --first-byte-timeout 1s --timeout 2s";
    for combo in COMBOS {
        for (fault, expected) in [
            ("hang", "no first byte within 1s"),
            ("hang:700", "timed out after 2s"),
        ] {
            let (sandbox, server) = (Sandbox::new(), server_with("0", fault));
            let output = get(&sandbox, &server, &format!("BR -v {LIMITS} {combo}"));
            output.assert_stderr_ends_with(&format!("\n*** Error for BR: {expected}\n"));
            assert_eq!((output.code, sandbox.saved()), (Some(1), vec![]));
        }
    }
}

/// A listener with a full backlog completes no further handshake.
#[cfg(target_os = "linux")]
#[test]
fn connect_timeout_has_its_own_error() {
    use std::net::{TcpListener, TcpStream};
    for combo in COMBOS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        socket2::SockRef::from(&listener).listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let _queued = TcpStream::connect(address).unwrap();
        let line = format!("get BR -v --url http://{address} --connect-timeout 100ms {combo}");
        let output = Sandbox::new().run(&line);
        let expected = "\n*** Error for BR: connect timeout after 100ms\n";
        output.assert_stderr_ends_with(expected);
    }
}
