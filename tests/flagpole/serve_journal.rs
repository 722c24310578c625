//! The journal file and the request lines of `flagpole serve`.

#![cfg(unix)]

use crate::harness::{CommandOutput, RunningCommand, Sandbox, wait_until};
use crate::servers::RawClient;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;

fn start(sandbox: &Sandbox, options: &str) -> (RunningCommand, String) {
    let mut process = sandbox.start(&format!("serve --port 0 {options}"));
    let url = process.url();
    (process, url)
}

fn stop(process: RunningCommand) -> CommandOutput {
    process.signal(Signal::TERM);
    process.finish()
}

fn create_fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

/// Requests the flag of Brazil this many times, and reads each response.
fn get(url: &str, times: usize) {
    let mut client = RawClient::connect(url);
    for _ in 0..times {
        client.send_requests(1);
        assert_eq!(client.read_status(), 200);
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn torn_last_line_is_closed_before_the_next() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("journal");
    for (before, first) in [("{\"half\":", "{\"half\":\n"), ("{}\n", "{}\n"), ("", "")] {
        fs::write(&path, before).unwrap();
        let (process, url) = start(&sandbox, "--journal journal");
        get(&url, 1);
        stop(process).assert_code(0);
        let text = fs::read_to_string(&path).unwrap();
        let rest = text.strip_prefix(first).unwrap();
        assert!(rest.starts_with("{\"event\":\"begin\""), "{text}");
    }
}

#[test]
fn fifo_without_a_reader_blocks_neither_the_start_nor_the_end() {
    let sandbox = Sandbox::new();
    create_fifo(&sandbox.path("fifo"));
    for (requests, code) in [(0, 0), (3, 1)] {
        let (process, url) = start(&sandbox, "--grace 1h --journal fifo");
        get(&url, requests);
        let output = stop(process);
        output.assert_code(code);
        let is_reported = output
            .stderr
            .ends_with("flagpole: --journal: incomplete: nothing read it\n");
        assert_eq!(is_reported, code == 1, "{output}");
    }
}

#[test]
fn reader_of_a_fifo_gets_the_lines_although_it_comes_late() {
    let sandbox = Sandbox::new();
    create_fifo(&sandbox.path("fifo"));
    let (process, url) = start(&sandbox, "--journal fifo");
    get(&url, 1);
    let reader = File::open(sandbox.path("fifo")).unwrap();
    let stopped = std::thread::spawn(move || stop(process));
    let text = std::io::read_to_string(reader).unwrap();
    stopped.join().unwrap().assert_code(0);
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<_> = events.iter().map(|line| &line["event"]).collect();
    assert_eq!(events, [&json!("begin"), &json!("end")]);
}

/// More lines than a pipe holds.
#[test]
fn reader_that_stops_reading_delays_no_response() {
    let sandbox = Sandbox::new();
    create_fifo(&sandbox.path("fifo"));
    let (process, url) = start(&sandbox, "--journal fifo");
    let _reader = File::open(sandbox.path("fifo")).unwrap();
    get(&url, 500);
    let output = stop(process);
    output.assert_code(1);
    output.assert_stderr_ends_with(
        "flagpole: --journal: incomplete: the file accepts no more data\n",
    );
}

/// More lines than the queue holds. A reader that goes on finds a mark where lines are missing.
#[test]
fn dropped_lines_are_reported_at_once_and_at_the_end_and_marked() {
    const REQUESTS: usize = 35_000;
    let sandbox = Sandbox::new();
    create_fifo(&sandbox.path("fifo"));
    let (mut process, url) = start(&sandbox, "--grace 1h --journal fifo");
    let reader = File::open(sandbox.path("fifo")).unwrap();
    let mut client = RawClient::connect(&url);
    for _ in 0..REQUESTS / 100 {
        client.write(&"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100));
        client.skip_heads(100);
    }
    drop(client);
    assert_eq!(
        process.stderr_line(),
        "flagpole: --journal: 1 line dropped, because it is too slow\n"
    );
    let reading = std::thread::spawn(|| std::io::read_to_string(reader).unwrap());
    let output = stop(process);
    output.assert_code(1);
    output.assert_stderr_ends_with(" lines were dropped, because it was too slow\n");
    let text = reading.join().unwrap();
    let marks = text
        .lines()
        .filter_map(|line| line.strip_prefix("{\"event\":\"dropped\",\"lines\":"));
    let marked: usize = marks
        .map(|mark| mark.trim_end_matches('}').parse::<usize>().unwrap())
        .sum();
    let written = text
        .lines()
        .filter(|line| !line.starts_with("{\"event\":\"dropped\""))
        .count();
    assert_eq!(written + marked, 2 * REQUESTS);
}

#[test]
fn chosen_fields_and_errors_are_in_the_file() {
    let sandbox = Sandbox::new();
    let options = "--journal journal --journal-field X-A,user-agent --journal-field x-b";
    let (process, url) = start(&sandbox, options);
    let mut client = RawClient::connect(&url);
    client.write("GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: test/1\r\nx-a: 1\r\n\r\n");
    client.read_status();
    let mut client = RawClient::connect(&url);
    client.write("garbage\r\n\r\n");
    assert_eq!(client.read_status(), 400);
    let output = stop(process);
    output.assert_stdout_contains("\nerrors     invalid requests 400: 1\n");
    let lines = lines(&sandbox.path("journal"));
    let fields = json!({"x-a": "1", "user-agent": "test/1"});
    let error = lines.iter().find(|line| line["event"] == "error").unwrap();
    let ends: Vec<_> = lines.iter().filter(|line| line["event"] == "end").collect();
    assert_eq!(
        (ends.len(), &ends[0]["fields"], &error["status"]),
        (1, &fields, &json!(400))
    );
}

#[test]
fn verbose_prints_a_line_about_each_request() {
    let sandbox = Sandbox::new();
    let (process, url) = start(&sandbox, "-v --latency 0");
    let mut client = RawClient::connect(&url);
    client.write("GET //nowhere?a=b HTTP/1.1\r\nHost: x\r\nFlagpole-Fault: 404\r\nFlagpole-Latency: 0\r\n\r\n");
    assert_eq!(client.read_status(), 404);
    client.write("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nFlagpole-Fault: cut:10\r\nFlagpole-Latency: 1ms\r\n\r\n");
    client.read_to_end();
    let stderr = stop(process).stderr;
    let lines: Vec<_> = stderr
        .lines()
        .filter_map(|line| line.split_once("Z "))
        .collect();
    let line = lines[0].1;
    assert!(
        line.starts_with("GET //nowhere?a=b status=404 fault=404 bytes="),
        "{stderr}"
    );
    let line = lines[1].1;
    let (start, actual) = line.split_once(" actual_ms=").unwrap();
    assert_eq!(
        start,
        "GET /flags/br/br.gif status=200 fault=cut:10 planned_ms=1.0"
    );
    assert!(actual.ends_with(" end=\"fault\""), "{stderr}");
    assert!(!stderr.contains('\x1b'), "no colours: {stderr}");
}

/// More lines than a pipe holds, on a standard error that nothing reads.
#[test]
fn slow_standard_error_delays_neither_a_response_nor_the_end() {
    let sandbox = Sandbox::new();
    let (mut process, url) = start(&sandbox, "--verbose --latency 0");
    get(&url, 2000);
    process.signal(Signal::TERM);
    wait_until("the server has stopped", || process.has_exited());
}

#[test]
fn verbose_lines_are_complete_at_the_end() {
    let sandbox = Sandbox::new();
    let (process, url) = start(&sandbox, "--verbose --latency 0");
    get(&url, 200);
    let stderr = stop(process).stderr;
    assert_eq!(
        stderr
            .matches(" GET /flags/br/br.gif status=200 bytes=")
            .count(),
        200
    );
}

#[test]
fn failed_accepts_are_errors_in_the_journal() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    let sandbox = Sandbox::new();
    let (process, url) = start(&sandbox, "--journal journal");
    let pid = Pid::from_raw(process.pid().cast_signed());
    let old = getrlimit(Resource::Nofile);
    let set_soft_limit = |current| {
        let maximum = old.maximum;
        prlimit(pid, Resource::Nofile, Rlimit { current, maximum }).unwrap();
    };
    // Every worker opens files when it starts.
    (0..20).for_each(|_| get(&url, 1));
    set_soft_limit(Some(0));
    let waiting = RawClient::connect(&url);
    let path = sandbox.path("journal");
    let errors = || {
        lines(&path)
            .into_iter()
            .filter(|line| line["event"] == "error")
    };
    wait_until("the error is in the file", || errors().next().is_some());
    set_soft_limit(old.maximum);
    drop(waiting);
    let output = stop(process);
    output.assert_stdout_contains("\nerrors     failed accepts ");
    let error = errors().next().unwrap();
    let sentence = error["error"].as_str().unwrap();
    assert!(
        sentence.starts_with("cannot accept a connection: "),
        "{error}"
    );
    assert_eq!(
        (&error["connection"], &error["count"]),
        (&json!(null), &json!(1))
    );
}
