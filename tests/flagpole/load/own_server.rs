//! flagpole's own server: started for the run, and its ledger is held against the records.

use super::result;
use crate::harness::Sandbox;

#[test]
fn ledger_of_the_own_server_agrees_with_the_records() {
    let (_, document) = result(&Sandbox::new(), "--latency 5ms --fault 503@20% -n 500 -c 8");
    let (server, figures) = (&document["server"], &document["figures"]);
    assert_eq!(server["requests"], 500, "{document}");
    assert_eq!(server["by_status"]["503"], figures["failed"]);
    assert_eq!(server["by_status"]["200"], figures["succeeded"]);
    assert_eq!(document["is_server_local"], true);
    let reasons = document["verdict"]["reasons"].to_string();
    assert!(!reasons.contains("ledger"), "{reasons}");
}

#[test]
fn paths_are_on_the_own_server() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("list"), "/flags/br/br.gif\n/flags/us/us.gif\n").unwrap();
    let (_, document) = result(&sandbox, "--urls list --profile clean -n 20");
    assert_eq!(document["server"]["by_status"]["200"], 20);
    let (_, document) = result(&sandbox, "/flags/index.json --profile clean -n 20");
    assert_eq!(document["server"]["by_status"]["200"], 20);
}

#[test]
fn search_finds_a_number_of_connections() {
    // One request after the other: with 4 connections each response takes 80 ms.
    let server = "--latency 20ms --concurrency-limit 1 --queue 100";
    let line = format!("{server} --find-concurrency p50<70ms -z 400ms --warm-up 0");
    let (output, document) = result(&Sandbox::new(), &line);
    let search = &document["search"];
    // A busy machine makes responses longer, never shorter.
    let limit = search["limit"].as_f64().unwrap_or_default();
    assert!(limit <= 3.0, "{output}");
    assert_eq!(
        (&search["variable"], &search["condition"]),
        (&"concurrency".into(), &"p50 < 70ms".into())
    );
    assert!(search["curve"].as_array().unwrap().len() > 1, "{output}");
}
