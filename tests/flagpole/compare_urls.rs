//! `flagpole compare --url`: running servers, external servers, and unreachable ones.

use crate::compare;
use crate::compare::{assert_code_of_verdict, column, repeated_rounds, strategies};
use crate::harness::{Sandbox, flagpole, wait_until};
use crate::servers::{
    UnusedAddr, seeded_server, server_with, start_external_server, start_failing_server,
};
use serde_json::{Value, json};
use std::fs;

#[test]
fn url_at_which_nothing_listens_is_refused_before_the_run() {
    let (sandbox, unused) = (Sandbox::new(), UnusedAddr::new());
    let url = format!("http://{}", unused.addr());
    let output = sandbox.run(&format!("compare --save new.toml --url {url}"));
    let sentence = "cannot be reached: connection refused; start a server with `flagpole serve`, or correct the URL";
    assert_eq!(
        output.stderr,
        format!("flagpole: --url: {url} {sentence}\n")
    );
    assert_eq!((output.code, &*output.stdout), (Some(2), ""));
    assert!(!sandbox.path("new.toml").exists());
    fs::write(sandbox.path("mine.toml"), format!("url = '{url}'\n")).unwrap();
    let output = sandbox.run("compare mine.toml");
    output.assert_stderr_starts_with(&format!(
        "flagpole: mine.toml: url: {url} cannot be reached: "
    ));
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
    let document = compare::json(&output);
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
fn site_without_flags_is_refused_before_the_run() {
    let url = start_external_server();
    let output = flagpole(&format!("compare --flags 2 --url {url}nothing/"));
    let sentence = "nothing has no /flags/cn/cn.gif (404); give the paths with --urls\n";
    assert_eq!(output.stderr, format!("flagpole: --url: {url}{sentence}"));
    assert_eq!((output.code, &*output.stdout), (Some(2), ""));
}

#[test]
fn server_that_fails_is_measured() {
    let url = start_failing_server();
    let output = flagpole(&format!("compare --rounds 1 --flags 2 --url {url}"));
    output.assert_code(3);
    let message = "flagpole: invalid measurement: no download succeeded; check --url";
    output.assert_stderr_contains(message);
}

#[test]
fn server_without_the_flags_is_measured_with_urls() {
    let server = seeded_server(7, "0", "404@100%");
    let line = "compare --flags 2 --rounds 1 --strategy threads --url";
    let output = flagpole(&format!("{line} {}", server.url()));
    output.assert_code(3);
    let remedy = "the server does not have flagpole's files; list its paths with --urls";
    output.assert_stderr_contains(&format!("no download succeeded; {remedy}"));
}

#[test]
fn clean_responses_of_flagpole_were_not_delayed() {
    let server = seeded_server(7, "0", "");
    let line = format!(
        "compare --flags 2 --format json --rounds 1 --url {}",
        server.url()
    );
    let output = flagpole(&line);
    assert_code_of_verdict(&output, 0);
    let document = compare::json(&output);
    assert_eq!(column(&document, "bound_us"), [0, 0, 0]);
    assert_eq!(document["cells"][0]["conditions"]["seed"], "7");
    let server = &document["environment"]["server"];
    assert_eq!(
        (&server["name"], &server["seed"]),
        (&json!("flagpole"), &json!(7))
    );
}

#[test]
fn running_flagpole_server_gives_a_lower_bound() {
    let server = server_with("5ms", "");
    let line = format!("compare --format json --rounds 1 --url {}", server.url());
    let output = flagpole(&line);
    assert_code_of_verdict(&output, 0);
    let document = compare::json(&output);
    assert_eq!(column(&document, "bound_us"), [100_000, 5000, 5000]);
    let rounds = 2 + repeated_rounds(&document) as u64;
    let includes_warm_up = server.ledger().by_status[&200];
    assert_eq!(includes_warm_up, 60 * rounds);
}

#[test]
fn external_server_gives_no_lower_bound() {
    let output = flagpole(&format!(
        "compare --format json --rounds 1 --url {}",
        start_external_server()
    ));
    assert_code_of_verdict(&output, 0);
    let document = compare::json(&output);
    assert_eq!(column(&document, "ok"), [20, 20, 20]);
    assert_eq!(column(&document, "bound_us"), [&Value::Null; 3]);
    assert_eq!(column(&document, "efficiency"), [&Value::Null; 3]);
    assert!(document["environment"]["server"].is_null());
}

#[test]
fn paths_of_a_list_are_downloaded_in_their_order() {
    let sandbox = Sandbox::new();
    let url = start_external_server();
    let lines =
        format!("/flags/us/us.gif\r\n{url}flags/br/br.gif?v=2\r\n# comment\r\n/flags/a b\r\n");
    fs::write(sandbox.path("list.txt"), lines).unwrap();
    let line = format!("--rounds 1 --strategy sequential --result r.json --url {url}");
    sandbox.run(&format!(
        "compare {line} --urls list.txt --times 2 --save saved.toml"
    ));
    let document =
        || -> Value { serde_json::from_slice(&fs::read(sandbox.path("r.json")).unwrap()).unwrap() };
    let list = ["/flags/us/us.gif", "/flags/br/br.gif?v=2", "/flags/a%20b"];
    let check = |document: &Value| {
        assert_eq!(document["cells"][0]["conditions"]["urls"], "3 paths");
        let strategy = &strategies(document)[0];
        let attempts = strategy["median_round_attempts"].as_array().unwrap();
        let paths: Vec<_> = attempts.iter().map(|one| &one["resource"]).collect();
        assert_eq!(paths, [list, list].concat());
        let counts = ["ok", "not_found", "error"].map(|key| &strategy[key]);
        assert_eq!(
            counts,
            [2, 4, 0],
            "the server takes the query for a part of the name"
        );
        assert_eq!(attempts[5]["n"], 2);
    };
    check(&document());
    assert_eq!(document()["experiment"]["urls"], json!(list));
    assert!(document()["experiment"].get("flags").is_none());
    sandbox.run("compare saved.toml --result r.json");
    check(&document());
}

#[test]
fn delays_and_fates_of_a_list_are_those_of_flagpole() {
    let sandbox = Sandbox::new();
    let server = server_with("5ms", "");
    fs::write(
        sandbox.path("list.txt"),
        "/flags/us/us.gif\n/flags/br/metadata.json\n/none\n",
    )
    .unwrap();
    let line = format!("compare --format json --rounds 1 --url {}", server.url());
    let output = sandbox.run(&format!("{line} --urls list.txt"));
    assert_code_of_verdict(&output, 0);
    let document = compare::json(&output);
    assert_eq!(column(&document, "ok"), [2, 2, 2]);
    assert_eq!(column(&document, "not_found"), [1, 1, 1]);
    assert_eq!(column(&document, "bound_us"), [15_000, 5000, 5000]);
    let digests = column(&document, "fates_digest");
    assert!(digests[0].is_string() && digests.iter().all(|digest| *digest == digests[0]));
}
