//! `flagpole compare --url`: running servers, external servers, and unreachable ones.

use crate::compare::{assert_code_of_verdict, column, json, strategies};
use crate::harness::{Sandbox, flagpole, wait_until};
use crate::servers::{UnusedAddr, server_with, start_external_server};
use serde_json::Value;

#[test]
fn unreachable_url_is_an_invalid_measurement() {
    let unused = UnusedAddr::new();
    let output = flagpole(&format!("compare --url http://{}", unused.addr()));
    output.assert_code(3);
    let message = " in the warm-up round: no attempt reached the server: connection refused; start one with \
                   `flagpole serve`, or correct `--url`\n";
    output.assert_stderr_contains(message);
    output.assert_stdout_contains(" x connection refused\n");
}

#[test]
fn server_that_stops_ends_the_rounds() {
    let server = server_with("1ms", "");
    let line = "compare --flags 2 --strategy async --rounds 1000 --format json --url";
    let process = Sandbox::new().start(&format!("{line} {}", server.url()));
    wait_until("some rounds are over", || server.ledger().requests > 10);
    drop(server);
    let output = process.finish();
    output.assert_code(3);
    let document = json(&output);
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    assert_eq!(reasons[0]["label"], "aborted", "{output}");
    assert!(
        reasons
            .iter()
            .any(|reason| reason["label"] == "connect_failed"),
        "{output}"
    );
    let rounds = strategies(&document)[0]["rounds"].as_array().unwrap();
    assert!((2..1000).contains(&rounds.len()), "{output}");
}

#[test]
fn external_server_without_flags_is_an_invalid_measurement() {
    let url = start_external_server();
    let output = flagpole(&format!("compare --rounds 1 --flags 2 --url {url}nothing/"));
    output.assert_code(3);
    let message = "flagpole: invalid measurement: no download succeeded; check --url\n";
    assert_eq!(output.stderr, message, "{output}");
}

#[test]
fn running_flagpole_server_gives_a_lower_bound() {
    let server = server_with("5ms", "");
    let line = format!("compare --format json --rounds 1 --url {}", server.url());
    let output = flagpole(&line);
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    assert_eq!(column(&document, "bound_us"), [100_000, 5000, 5000]);
    assert_eq!(
        server.ledger().by_status[&200],
        120,
        "includes the warm-up round"
    );
}

#[test]
fn external_server_gives_no_lower_bound() {
    let output = flagpole(&format!(
        "compare --format json --rounds 1 --url {}",
        start_external_server()
    ));
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    assert_eq!(column(&document, "ok"), [20, 20, 20]);
    assert_eq!(column(&document, "bound_us"), [&Value::Null; 3]);
    assert_eq!(column(&document, "efficiency"), [&Value::Null; 3]);
}
