//! `--control` of `flagpole serve`.

use crate::harness::{RunningCommand, Sandbox, flagpole};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// The document that a server prints when it is ready.
fn ready(process: &mut RunningCommand) -> Value {
    serde_json::from_str(&process.stdout_line()).unwrap()
}

/// Calls `url`, a root URL with a path; returns status and body.
fn call(method: &str, url: &str, body: &str) -> (u16, String) {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    let head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let fields = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    stream
        .write_all((head + &fields + body).as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[test]
fn a_running_server_is_changed_by_the_control_plane() {
    let mut process =
        Sandbox::new().start("serve --profile book --port 0 --control 0 --format json");
    let ready = ready(&mut process);
    let control = ready["control"].as_str().unwrap();
    assert!(control.starts_with("http://127.0.0.1:"), "{control}");
    assert_eq!(ready["live"], control);
    let server = ready["listeners"][0]["url"].as_str().unwrap();
    let flag = || call("GET", &format!("{server}flags/br/metadata.json"), "").0;
    assert_eq!(flag(), 200);
    let patch = format!("{control}profile?listener=LOCAL");
    let (status, profile) = call("PATCH", &patch, r#"{"faults": [503]}"#);
    assert_eq!(status, 200, "{profile}");
    assert!(profile.contains("LOCAL, DELAY and ERROR"), "{profile}");
    assert_eq!(flag(), 503);
    let (_, ledger) = call("POST", &format!("{control}reset"), "");
    let ledger: Value = serde_json::from_str(&ledger).unwrap();
    assert_eq!(ledger["listeners"][0]["ledger"]["requests"], 2);
    assert_eq!(call("GET", &format!("{control}readyz"), "").0, 200);
}

#[test]
fn the_greeting_names_the_control_plane() {
    let mut process = Sandbox::new().start("serve --port 0 --control localhost:0");
    let mut lines = std::iter::repeat_with(|| process.stdout_line());
    let control = lines.find_map(|line| line.strip_prefix("Control plane: ").map(str::to_owned));
    let control = control.unwrap();
    assert!(control.starts_with("http://127.0.0.1:"), "{control}");
    let live = lines.next().unwrap();
    assert_eq!(
        live,
        format!("Live page:     {} in a browser\n", control.trim())
    );
}

#[test]
fn an_address_that_cannot_be_used_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = flagpole(&format!("serve --port 0 --control {port}"));
    refused.assert_code(2);
    refused.assert_stderr_contains(&format!(
        "--control: port {port} of 127.0.0.1 is taken; choose another, or 0 for any free port"
    ));
    let refused = flagpole("serve --port 0 --control 127.0.0.1");
    refused.assert_code(2);
    refused.assert_stderr_contains("got `127.0.0.1`");
}

#[test]
fn an_address_that_others_can_reach_is_used_with_a_warning() {
    let mut process = Sandbox::new().start("serve --port 0 --control 0.0.0.0:0 --format json");
    let ready = ready(&mut process);
    let control = ready["control"].as_str().unwrap();
    assert_eq!(call("GET", &format!("{control}healthz"), "").0, 200);
    let line = process.stderr_line();
    assert!(line.contains("0.0.0.0 is not a loopback address"), "{line}");
}
