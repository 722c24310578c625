//! The live page of a run of `load` or `compare` until it is interrupted, and the report that it becomes.

use crate::harness::{DEADLINE, RunningCommand, Sandbox};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

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
    let line = "load --latency 1ms --rate 50/s -z 10m --format json --no-tui --live 0";
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
        (&50.0.into(), &600_000.into())
    );
    while events.next_of("snapshot")["requests"] == 0 {}
    run.signal(Signal::INT);
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
    let line = "compare --latency 5ms --flags 5 --strategy threads,async --rounds 1000 --live 0";
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
    run.signal(Signal::INT);
    events.next_of("end");
    let (_, report) = get(&address, "/report");
    assert!(report.starts_with("<!DOCTYPE html>"), "{report}");
    assert!(run.finish().stdout.contains("threads"));
}

#[test]
fn interrupted_run_has_a_report() {
    let mut run = Sandbox::new().start("load --latency 1ms -c 1 -z 10m --no-tui --live 0");
    let address = address(&mut run);
    let mut events = Events::open(&address);
    while events.next_of("snapshot")["requests"] == 0 {}
    run.signal(Signal::INT);
    events.next_of("end");
    assert!(get(&address, "/report").1.contains("</html>"));
    assert!(run.finish().stdout.contains("interrupted"));
}
