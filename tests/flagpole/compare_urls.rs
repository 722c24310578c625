//! `flagpole compare --url`: against a server that already runs, which may not be ours, or not be there.

use crate::compare::{column, ended, json, rows};
use crate::harness::{Sandbox, flagpole, wait_until};
use crate::servers::{UnusedAddr, foreign, mock};
use serde_json::Value;

#[test]
fn nobody_at_the_url_is_no_comparison() {
    let nobody = UnusedAddr::new();
    let done = flagpole(&format!("compare --url http://{}", nobody.addr()));
    assert_eq!(done.code, Some(3), "{done}");
    let told = " in the warm-up round: no attempt reached the server: connection refused\n";
    assert!(done.err.contains(told), "{done}");
    assert!(done.out.contains(" x connection refused\n"), "{done}");
}

#[test]
fn a_server_of_somebody_else_that_goes_away_ends_the_rounds() {
    let server = mock("1ms", "");
    let line = "compare --flags 2 --strategy async --rounds 1000 --format json --url";
    let process = Sandbox::new().start(&format!("{line} {}", server.url()));
    wait_until("some rounds are over", || server.ledger().requests > 10);
    drop(server);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let document = json(&done);
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    assert_eq!(reasons[0]["label"], "aborted", "{done}");
    assert!(
        reasons
            .iter()
            .any(|reason| reason["label"] == "connect_failed"),
        "{done}"
    );
    let rounds = rows(&document)[0]["rounds"].as_array().unwrap();
    assert!((2..1000).contains(&rounds.len()), "{done}");
}

#[test]
fn a_server_of_somebody_else_that_has_no_flags_is_no_comparison() {
    let url = foreign();
    let done = flagpole(&format!("compare --rounds 1 --flags 2 --url {url}nothing/"));
    assert_eq!(done.code, Some(3), "{done}");
    let told = "flagpole: invalid measurement: no download succeeded; check --url\n";
    assert_eq!(done.err, told, "{done}");
}

#[test]
fn a_flagpole_that_already_runs_is_measured_with_a_bound() {
    let server = mock("5ms", "");
    let line = format!("compare --format json --rounds 1 --url {}", server.url());
    let done = flagpole(&line);
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(column(&document, "bound_us"), [100_000, 5000, 5000]);
    assert_eq!(server.ledger().by_status[&200], 120, "with the warming up");
}

#[test]
fn a_server_of_somebody_else_is_measured_without_a_bound() {
    let done = flagpole(&format!(
        "compare --format json --rounds 1 --url {}",
        foreign()
    ));
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(column(&document, "ok"), [20, 20, 20]);
    assert_eq!(column(&document, "bound_us"), [&Value::Null; 3]);
    assert_eq!(column(&document, "efficiency"), [&Value::Null; 3]);
}
