//! Logs may be given to others, as results may.

use super::text;
use crate::harness::Sandbox;

#[test]
fn log_has_no_values_of_secret_fields() {
    let sandbox = Sandbox::new();
    let fields = "-H Authorization:geheim -H Accept:text/html";
    sandbox.run(&format!(
        "load --latency 1ms -n 20 -c 2 {fields} --quiet --hlog a.hlog"
    ));
    let log = text(&sandbox, "a.hlog");
    assert!(log.contains("Authorization: HIDDEN") && log.contains("text/html"));
    assert!(!log.contains("geheim"));
}
