//! `--live` of `load` and `compare`: the page of a run, which becomes its report.

use crate::harness::{DEADLINE, RunningCommand, Sandbox, flagpole};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// The address of the live page of a run that has begun.
fn address(run: &mut RunningCommand) -> String {
    loop {
        let line = run.stderr_line();
        if let Some(url) = line.trim().strip_prefix("live page at http://") {
            return url.trim_end_matches('/').to_owned();
        }
    }
}

fn request(address: &str, path: &str, end: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{end}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Head and body of a page.
fn get(address: &str, path: &str) -> (String, String) {
    let mut answer = String::new();
    let mut stream = request(address, path, "Connection: close\r\n");
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The events of a live page, as far as each is in one line.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(address: &str) -> Events {
        Events(BufReader::new(request(address, "/live/events", "")))
    }

    /// The data of the next event with this name.
    fn next_of(&mut self, wanted: &str) -> Value {
        while self.line() != format!("event: {wanted}") {}
        let line = self.line();
        let data = line.strip_prefix("data: ").unwrap();
        serde_json::from_str(data).unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(
            self.0.read_line(&mut line).unwrap() > 0,
            "the stream goes on"
        );
        line.trim_end().to_owned()
    }
}

#[test]
fn load_run_is_shown_and_becomes_its_report() {
    let line = "load --latency 1ms --rate 50/s -z 3s --format json --no-tui --live 0";
    let mut run = Sandbox::new().start(line);
    let address = address(&mut run);
    let (head, page) = get(&address, "/");
    assert!(
        head.contains("default-src 'none'") && page.contains("/live/load.js"),
        "{head}"
    );
    let mut events = Events::open(&address);
    let state = events.next_of("state");
    assert_eq!(
        (&state["asked_rate"], &state["duration_ms"]),
        (&50.0.into(), &3000.into())
    );
    while events.next_of("snapshot")["requests"] == 0 {}
    events.next_of("end");
    let (head, report) = get(&address, "/report");
    assert!(head.contains("style-src 'sha256-"), "{head}");
    assert!(
        report.starts_with("<!DOCTYPE html>") && report.contains("<style>"),
        "{report}"
    );
    let output = run.finish();
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(document["figures"].is_object(), "{output}");
}

#[test]
fn comparison_is_shown_and_becomes_its_report() {
    let line = "compare --latency 5ms --flags 5 --strategy threads,async --rounds 3 --live 0";
    let mut run = Sandbox::new().start(line);
    let address = address(&mut run);
    let mut events = Events::open(&address);
    loop {
        let state = events.next_of("state");
        let contender = &state["cells"][0]["contenders"][0];
        assert!(contender.is_null() || contender["name"] == "threads");
        let kept = contender["walls_us"].as_array().map_or(0, Vec::len);
        if kept + contender["stalled_walls_us"].as_array().map_or(0, Vec::len) >= 2 {
            break;
        }
    }
    events.next_of("end");
    let (_, report) = get(&address, "/report");
    assert!(report.starts_with("<!DOCTYPE html>"), "{report}");
    assert!(run.finish().stdout.contains("threads"));
}

#[test]
fn run_without_readers_ends_without_a_wait() {
    let output = flagpole("load --latency 1ms -n 5 --no-tui --live localhost:0");
    assert_ne!(output.code, Some(2), "{output}");
    output.assert_stderr_contains("live page at http://127.0.0.1:");
}

#[cfg(unix)]
#[test]
fn interrupted_run_has_a_report() {
    let mut run = Sandbox::new().start("load --latency 1ms -c 1 -z 10m --no-tui --live 0");
    let address = address(&mut run);
    let mut events = Events::open(&address);
    while events.next_of("snapshot")["requests"] == 0 {}
    run.signal(rustix::process::Signal::INT);
    events.next_of("end");
    assert!(get(&address, "/report").1.contains("</html>"));
    assert!(run.finish().stdout.contains("interrupted"));
}

#[test]
fn port_that_is_taken_is_refused_before_anything_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for line in ["load --latency 1ms -n 1", "compare --rounds 1"] {
        let refused = flagpole(&format!("{line} --live {port}"));
        refused.assert_code(2);
        let expected = format!(
            "flagpole: --live: port {port} of 127.0.0.1 is taken; choose another, or 0 for any free port\n"
        );
        assert_eq!(refused.stderr, expected);
        assert_eq!(refused.stdout, "");
    }
}

#[test]
fn address_that_others_can_reach_works_with_a_warning() {
    let output = flagpole("load --latency 1ms -n 5 --no-tui --live 0.0.0.0:0");
    output.assert_stderr_contains(
        "flagpole: --live: 0.0.0.0 is no loopback address: every client that reaches it can see the run\n",
    );
    assert_ne!(output.code, Some(2), "{output}");
}
