//! `flagpole serve`, as a process of its own.

use crate::harness::{RunningCommand, Sandbox};
use crate::servers::RawClient;
use flagpole_protocol::FateKey;
use flagpole_protocol::Resource;
use flagpole_server::RuleSet;
use std::time::Duration;

fn serve(options: &str) -> (RunningCommand, String) {
    let mut process = Sandbox::new().start(&format!("serve --port 0 {options}"));
    let url = process.url();
    (process, url)
}

/// From almost 0 to hours.
const WIDE_LATENCY: &str = "uniform:0..5h";

/// Makes a server of latency `WIDE_LATENCY` work on a request that takes hours.
fn start_slow_request(client: &mut RawClient) {
    let rules = RuleSet::without_rules(0, WIDE_LATENCY.parse().unwrap(), vec![]).unwrap();
    let flag = FateKey::from(Resource::Flag("BR".parse().unwrap()));
    let numbers = 1..1_000_000;
    let delay = |n: &u64| rules.fate(&flag, *n).delay;
    let quick = numbers.clone().find(|n| delay(n) < Duration::from_secs(1));
    let slow = numbers
        .clone()
        .find(|n| delay(n) > Duration::from_secs(3600));
    // One write: when the first response arrives, the second request has been parsed too.
    client.send_numbered_requests(&[quick.unwrap(), slow.unwrap()]);
    assert_eq!(client.read_status(), 200);
}

#[cfg(unix)]
mod signals {
    use super::{WIDE_LATENCY, serve, start_slow_request};
    use crate::harness::{Sandbox, flagpole, wait_until};
    use crate::servers::{RawClient, server_with};
    use rustix::process::Signal;

    #[test]
    fn signal_prints_the_ledger() {
        for signal in [Signal::INT, Signal::TERM] {
            let (process, url) = serve("--fault 404@30% --fault 500@30% --seed 3");
            let download = flagpole(&format!("get -a --url {url}"));
            process.signal(signal);
            let output = process.finish();
            let counts: Vec<u64> = download.stdout.lines().map(first_number).take(3).collect();
            let [ok, not_found, errors] = counts[..] else {
                panic!("{download}")
            };
            let expected = format!(
                "\nby status  200: {ok}, 404: {not_found}, 500: {errors}\n\
                 by cause   clean: {ok}, fault 404: {not_found}, fault 500: {errors}\n"
            );
            output.assert_code(0);
            output.assert_stdout_ends_with(&expected);
            let expected = format!("\n{url}\nrequests   249 (249 completed, 0 aborted) over ");
            output.assert_stdout_contains(&expected);
        }
    }

    #[test]
    fn quiet_server_writes_nothing_to_standard_error() {
        let (process, url) = serve("--quiet --max-head-size 8KiB");
        let mut client = RawClient::connect(&url);
        client.write(&format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(9000)));
        assert_eq!(client.read_status(), 414);
        process.signal(Signal::TERM);
        let output = process.finish();
        assert_eq!((output.code, &*output.stderr), (Some(0), ""));
    }

    #[test]
    fn ledger_is_without_requests_for_the_identity() {
        let (process, url) =
            serve("--latency 1h --fault reset --concurrency-limit 1 --rate-limit 1/m");
        let mut client = RawClient::connect(&url);
        client.write("GET /.well-known/flagpole HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(client.read_status(), 200);
        drop(client);
        process.signal(Signal::INT);
        let expected = "\nrequests   0 (0 completed, 0 aborted) over 0 connections\n";
        process.finish().assert_stdout_contains(expected);
    }

    fn first_number(line: &str) -> u64 {
        let number = line.split(' ').next().unwrap();
        number.parse().unwrap()
    }

    #[test]
    fn first_signal_finishes_requests_in_progress() {
        for signal in [Signal::INT, Signal::TERM] {
            let (process, url) = serve("--latency 300ms --grace 1h");
            let mut client = RawClient::connect(&url);
            // One write: when the first response arrives, the second request has been parsed too.
            client.send_requests(2);
            assert_eq!(client.read_status(), 200);
            process.signal(signal);
            assert_eq!(client.read_status(), 200);
            let output = process.finish();
            output.assert_code(0);
            output.assert_stdout_contains("(2 completed, 0 aborted)");
            output.assert_stdout_contains("by cause   delay: 2\nlateness   p50 ");
            output.assert_stdout_ends_with("(2 delayed responses, 0 early)\n");
        }
    }

    #[test]
    fn second_signal_stops_at_once_and_prints_the_ledger() {
        for (first, second, code) in [
            (Signal::INT, Signal::INT, 130),
            (Signal::INT, Signal::TERM, 143),
            (Signal::TERM, Signal::HUP, 129),
        ] {
            let options = format!("--latency {WIDE_LATENCY} --grace 1h --journal journal.jsonl");
            let sandbox = Sandbox::new();
            let mut process = sandbox.start(&format!("serve --port 0 {options}"));
            let mut client = RawClient::connect(&process.url());
            start_slow_request(&mut client);
            process.signal(first);
            let line = process.stderr_line();
            assert!(line.starts_with("Finishing requests in progress"), "{line}");
            process.signal(second);
            let output = process.finish();
            output.assert_code(code);
            output.assert_stdout_contains("\nrequests   2 (1 completed");
            let journal = std::fs::read_to_string(sandbox.path("journal.jsonl")).unwrap();
            assert_eq!(journal.lines().count(), 4, "{journal}");
        }
    }

    #[test]
    fn response_that_outlasts_the_grace_is_cut_and_counted() {
        for (grace, said) in [("0", "at most 0"), ("10ms", "at most 10ms")] {
            let (process, url) = serve(&format!("--latency {WIDE_LATENCY} --grace {grace}"));
            let mut client = RawClient::connect(&url);
            start_slow_request(&mut client);
            process.signal(Signal::TERM);
            let output = process.finish();
            output.assert_code(0);
            output.assert_stdout_contains("(1 completed, 0 aborted, 1 ended by the stop)");
            output.assert_stderr_contains(said);
        }
    }

    #[test]
    fn signal_that_was_ignored_before_stays_ignored() {
        for (name, ignored) in [("HUP", Signal::HUP), ("INT", Signal::INT)] {
            let line = format!("serve --port 0 --latency {WIDE_LATENCY}");
            let sandbox = Sandbox::new();
            let mut process = sandbox.start_after(&format!("trap '' {name}"), &line);
            let mut client = RawClient::connect(&process.url());
            start_slow_request(&mut client);
            process.signal(ignored);
            process.signal(Signal::TERM);
            let line = process.stderr_line();
            assert!(line.starts_with("Finishing requests in progress"), "{line}");
            drop(client);
            // Had the first signal counted, the second one would have stopped the server with 143.
            process.finish().assert_code(0);
        }
    }

    #[test]
    fn get_does_not_heed_a_signal_that_was_ignored_before() {
        let server = server_with("1h", "");
        let line = format!("get BR --url {}", server.url());
        let sandbox = Sandbox::new();
        let process = sandbox.start_after("trap '' INT", &line);
        wait_until("the request is in flight", || server.ledger().requests == 1);
        process.signal(Signal::INT);
        process.signal(Signal::TERM);
        // Had the first signal counted, the second one would have ended it with 143.
        process.finish().assert_code(1);
    }
}

/// With exactly as many open files as the refusal asks for, the first listener answers.
#[cfg(target_os = "linux")]
#[test]
fn too_few_open_files_are_refused_with_the_remedy() {
    for (options, limit, listeners) in [
        ("--latency 0 --port 0", 64, "a listener needs"),
        ("--profile book --port 0", 66, "3 listeners need"),
        (
            "--latency 0 --port 0 --max-connections 100",
            120,
            "--max-connections: a listener needs",
        ),
    ] {
        let (sandbox, line) = (Sandbox::new(), format!("serve {options}"));
        let refused = sandbox.start_after(&format!("ulimit -n {limit}"), &line);
        let refused = refused.finish();
        refused.assert_code(2);
        let rest = format!(" open files, {limit} are allowed; raise the limit with `ulimit -n`\n");
        let line_start = format!("flagpole: {listeners} ");
        let needed = refused.stderr.strip_prefix(&line_start);
        let needed = needed.and_then(|text| text.strip_suffix(&rest));
        let needed = needed.unwrap_or_else(|| panic!("{refused}"));
        assert_eq!(refused.stdout, "");
        let mut process = sandbox.start_after(&format!("ulimit -n {needed}"), &line);
        let mut client = RawClient::connect(&process.url());
        client.send_requests(1);
        assert_eq!(client.read_status(), 200);
    }
}

#[test]
fn reached_limit_is_a_line_that_names_the_option() {
    let (mut process, url) = serve("--max-fields 2");
    let mut client = RawClient::connect(&url);
    client.write("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n");
    assert_eq!(client.read_status(), 431);
    let event = "1 request with more than 2 fields got 431; raise --max-fields";
    assert_eq!(process.stderr_line(), format!("flagpole: {url}: {event}\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn server_without_further_open_files_serves_its_connections_and_says_so() {
    use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};

    let (mut process, url) = serve("--latency 0");
    let pid = Pid::from_raw(process.pid().cast_signed());
    let old = getrlimit(Resource::Nofile);
    let set_soft_limit = |current| {
        let maximum = old.maximum;
        prlimit(pid, Resource::Nofile, Rlimit { current, maximum }).unwrap();
    };
    let mut open = RawClient::connect(&url);
    open.send_requests(1);
    assert_eq!(open.read_status(), 200);
    set_soft_limit(Some(0));
    let mut waiting = RawClient::connect(&url);
    waiting.send_requests(1);
    let event = format!("cannot accept connections on {url}: too many open files (limit 0)");
    let remedy = "serving those that are open; raise the limit with `ulimit -n`";
    assert_eq!(
        process.stderr_line(),
        format!("flagpole: {event}; {remedy}\n")
    );
    open.send_requests(1);
    assert_eq!(open.read_status(), 200);
    set_soft_limit(old.maximum);
    assert_eq!(waiting.read_status(), 200);
    process.signal(Signal::TERM);
    process
        .finish()
        .assert_stdout_contains("\nlimits     open files: ");
}

/// Files that are standard output: what else is printed there must not be lost.
#[cfg(unix)]
#[test]
fn output_files_on_standard_output_keep_the_result() {
    use crate::harness::FLAGPOLE;
    use std::process::Command;

    let run = |line: &str| {
        let sandbox = Sandbox::new();
        let out = std::fs::File::create(sandbox.path("out")).unwrap();
        let mut command = Command::new(FLAGPOLE);
        command.args(line.split_whitespace());
        let code = command.stdout(out).status().unwrap().code();
        (code, std::fs::read_to_string(sandbox.path("out")).unwrap())
    };
    let compare = "compare --flags 2 --rounds 1 --latency 1ms --strategy async";
    for (option, part) in [("--save", "[grid]"), ("--result", "\"schema\": 4")] {
        let (_, text) = run(&format!("{compare} {option} /dev/stdout"));
        assert!(text.contains(part), "{option}: {text}");
        assert!(text.contains("\nstrategy "), "{option}: {text}");
    }
    let (code, text) = run("get BR --records /dev/stdout");
    assert_eq!((code, text.as_str()), (Some(2), ""));
}

#[cfg(unix)]
#[test]
fn journal_on_standard_output_is_not_mixed_with_the_ledger() {
    use crate::harness::FLAGPOLE;
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    for journal in ["-", "/dev/stdout", "/dev/fd/1"] {
        let sandbox = Sandbox::new();
        let out = std::fs::File::create(sandbox.path("out")).unwrap();
        let mut server = Command::new(FLAGPOLE)
            .args([
                "serve",
                "--port",
                "0",
                "--fault",
                "500",
                "--journal",
                journal,
            ])
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(server.stderr.take().unwrap());
        let mut greeting = String::new();
        let address = loop {
            assert_ne!(stderr.read_line(&mut greeting).unwrap(), 0, "{greeting}");
            if let Some((_, url)) = greeting.split_once("http://") {
                break url.split('/').next().unwrap().to_owned();
            }
        };
        let mut client = std::net::TcpStream::connect(address).unwrap();
        let request = b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        std::io::Write::write_all(&mut client, request).unwrap();
        client.read_to_end(&mut Vec::new()).unwrap();
        kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert!(server.wait().unwrap().success(), "{rest}");
        assert!(rest.contains("requests"), "the ledger: {rest}");
        let lines = std::fs::read_to_string(sandbox.path("out")).unwrap();
        let end = lines.lines().last().unwrap();
        let end: serde_json::Value = serde_json::from_str(end).unwrap();
        assert_eq!(end["status"], 500, "{journal}");
    }
}

#[test]
fn startup_output_names_the_url_and_examples() {
    let (mut process, url) = serve("--latency 5ms --fault 418@25%");
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with('/'),
        "{url}"
    );
    let mut stdout = String::new();
    while !stdout.ends_with(&format!("flagpole get --url {url}\n")) {
        let line = process.stdout_line();
        assert!(
            !line.is_empty(),
            "the server ended or closed its output: {stdout}"
        );
        stdout += &line;
    }
    assert!(
        stdout.contains(&format!("  curl -i {url}flags/br/br.gif\n")),
        "{stdout}"
    );
    let mut client = RawClient::connect(&url);
    client.send_requests(1);
    assert!([200, 418].contains(&client.read_status()));
}

#[test]
fn requests_ask_for_their_fates_unless_the_server_ignores_it() {
    for (options, status) in [("", 503), ("--no-request-faults", 200)] {
        let (_process, url) = serve(options);
        let mut client = RawClient::connect(&url);
        client.write("GET /flags/br/br.gif?flagpole=fault:503 HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(client.read_status(), status, "{options}");
    }
}

#[test]
fn same_seed_gives_the_same_responses() {
    let statuses = |seed| {
        let (_process, url) = serve(&format!("--fault 500@50% --seed {seed}"));
        let mut client = RawClient::connect(&url);
        client.send_requests(64);
        (0..64).map(|_| client.read_status()).collect::<Vec<_>>()
    };
    let first = statuses(7);
    assert_eq!(first, statuses(7));
    assert_ne!(first, statuses(8));
    assert!(first.contains(&200) && first.contains(&500));
}
