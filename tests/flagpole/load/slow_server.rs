//! A server that is slower than the rate.

use super::serve;
use super::verdict::assert_reason;
use crate::harness::Sandbox;
use serde_json::Value;
use std::fs;

/// One request at a time, 20 ms each: 50/s, a quarter of the rate. Each second, 150 requests more wait in the server.
const SLOW: &str = "--concurrency-limit 1 --queue 100000 --latency 20ms";

#[test]
fn server_slower_than_the_rate_is_named_and_unfinished_requests_count() {
    let (_server, url) = serve(SLOW);
    let sandbox = Sandbox::new();
    let line = format!("load {url} --rate 200/s -z 3s --grace 500ms --quiet --result r.json");
    let output = sandbox.run(&line);
    output.assert_code(3);
    let document: Value =
        serde_json::from_slice(&fs::read(sandbox.path("r.json")).unwrap()).unwrap();
    assert_reason(
        &document,
        "server_slower_than_rate",
        "asked for 200/s, reached ",
    );
    let figures = &document["figures"];
    let count = |name: &str| figures[name].as_u64().unwrap();
    // Not faster than 50/s in 3.5 s; every arrival is accounted for.
    assert!(count("succeeded") <= 176, "{figures:#}");
    assert_eq!(
        (count("requests"), count("failed")),
        (600, 0),
        "{figures:#}"
    );
    assert_eq!(count("succeeded") + count("unfinished"), 600, "{figures:#}");
    let response = &figures["response_time"];
    assert_eq!(response["p50"]["is_lower_bound"], true, "{response:#}");
    // The first request that did not end waited for nearly the whole run.
    let [p99, window] =
        [&response["p99"]["us"], &document["elapsed_us"]].map(|us| us.as_f64().unwrap());
    assert!(p99 > 0.6 * window, "{response:#}");
    output.assert_stdout_contains("response time       ≥ ");
    assert!(!output.stdout.contains("as asked"), "{output}");
}

#[test]
fn run_without_grace_ends_with_its_requests_in_flight() {
    let (_server, url) = serve(SLOW);
    let (_, document) = super::result(
        &Sandbox::new(),
        &format!("{url} --rate 200/s -z 1s --grace 0s"),
    );
    let figures = &document["figures"];
    assert_eq!(figures["requests"], 200, "{figures:#}");
    assert!(figures["unfinished"].as_u64() >= Some(149), "{figures:#}");
}
