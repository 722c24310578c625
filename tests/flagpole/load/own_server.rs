//! flagpole's own server: started for the run, and its ledger is held against the records.

use super::result;
use super::verdict::assert_no_reason;
use crate::harness::Sandbox;
use serde_json::Value;

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

/// Every attempt is in the ledger, also those that were retried, reset, or cancelled at the end.
#[test]
fn ledger_agrees_with_each_attempt_of_runs_with_faults() {
    for options in [
        "--latency 2ms --fault 500@10% -n 600 -c 8",
        "--latency 2ms --fault reset@5% -n 600 -c 8",
        "--latency 2ms --fault 500@10% --fault reset@5% --retries 3 --backoff 1ms..2ms -n 400 -c 8",
        "--latency 2ms --fault 500@10% --retries 2 --backoff 1ms..2ms --rate 300/s -z 1s",
        "--latency 2ms --fault reset@5% --no-reuse --rate 200/s -z 1s",
    ] {
        let sandbox = Sandbox::new();
        let (_, document) = result(&sandbox, &format!("{options} --records r.jsonl"));
        let (server, figures) = (&document["server"], &document["figures"]);
        assert_no_reason(&document, "ledger_mismatch");
        assert_eq!(
            server["requests"], figures["attempts"],
            "{options}: {document:#}"
        );
        let records = std::fs::read_to_string(sandbox.path("r.jsonl")).unwrap();
        let records: Vec<Value> = records
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(records.len() as u64, figures["attempts"], "{options}");
        for status in ["200", "500"] {
            let number: u16 = status.parse().unwrap();
            let recorded = records.iter().filter(|one| one["status"] == number).count() as u64;
            let counted = server["by_status"][status].as_u64().unwrap_or(0);
            assert_eq!(counted, recorded, "{options}: {status}");
        }
    }
}

/// Requests are in flight when a run without grace ends: the server has answered some of them, others it never saw.
#[test]
fn ledger_agrees_with_runs_that_cancel_what_is_in_flight() {
    for options in [
        "-c 8 -z 500ms",
        "--rate 300/s -z 500ms",
        "-c 8 -z 500ms --no-reuse --fault 500@10% --retries 2",
    ] {
        let (_, document) = result(
            &Sandbox::new(),
            &format!("--latency 20ms --grace 0s {options}"),
        );
        assert_no_reason(&document, "ledger_mismatch");
        let count = |value: &Value| value.as_u64().unwrap();
        let (figures, requests) = (&document["figures"], count(&document["server"]["requests"]));
        assert!(count(&figures["unfinished"]) > 0, "{options}: {figures:#}");
        assert!(
            requests <= count(&figures["attempts"]),
            "{options}: {document:#}"
        );
        assert!(
            requests >= count(&figures["succeeded"]),
            "{options}: {document:#}"
        );
    }
}
