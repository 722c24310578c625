//! The lower bound, and equal fates.

use super::{assert_code_unless_late, column, json, strategies};
use crate::harness::flagpole;
use serde_json::Value;

#[test]
fn wall_time_is_never_below_the_lower_bound() {
    for latency in ["5ms", "uniform:1ms..9ms"] {
        let line = "compare --flags 40 -m 7 --rounds 3 --format json --latency";
        let document = json(&flagpole(&format!("{line} {latency}")));
        for row in strategies(&document) {
            let (efficiency, bound) = (row["efficiency"].as_f64(), row["bound_us"].as_u64());
            assert!((0.0..=1.0).contains(&efficiency.unwrap()), "{row}");
            // Fates are equal in every round, and so is the lower bound.
            assert!(
                row["wall_us"]["min"].as_u64() >= bound && bound > Some(0),
                "{row}"
            );
        }
    }
}

#[test]
fn fates_are_equal_for_all_strategies_and_runs() {
    let line = "compare --latency 1ms --fault 404@20% --fault 500@20% --flags all -m 20";
    let run = || {
        flagpole(&format!(
            "{line} --rounds 1 --retries 1 --backoff 1ms..2ms --format json"
        ))
    };
    let output = run();
    // Configured faults are not a failure.
    assert_code_unless_late(&output, 0);
    let document = json(&output);
    for column_name in ["ok", "not_found", "error", "retries", "fates_digest"] {
        let values = column(&document, column_name);
        assert!(
            values.iter().all(|value| *value == values[0]),
            "{column_name}"
        );
        assert!(
            values[0].is_string() || values[0].as_u64() > Some(0),
            "{column_name}"
        );
    }
    assert_eq!(
        column(&document, "fates_digest"),
        column(&json(&run()), "fates_digest")
    );
    let other = json(&flagpole(&format!(
        "{line} --rounds 1 --seed 1 --format json"
    )));
    assert_ne!(
        column(&document, "fates_digest"),
        column(&other, "fates_digest")
    );
}

/// The server sends no plan without a response head, and none where it plans nothing.
#[test]
fn flagpoles_own_server_always_gives_a_lower_bound() {
    let run = |options: &str| {
        let line = "compare --flags 9 --rounds 1 --strategy async --format json";
        strategies(&json(&flagpole(&format!("{line} {options}"))))[0].clone()
    };
    let row = run("--latency 20ms --fault reset@50%");
    assert!(row["error"].as_u64() > Some(0), "{row}");
    assert_eq!(row["bound_us"], 20_000);
    let row = run("--latency 50ms --timeout 5ms");
    assert_eq!(row["bound_us"], 5000);
    assert!(row["efficiency"].as_f64() <= Some(1.0));
    let row = run("--latency 0");
    assert_eq!(
        (&row["bound_us"], &row["efficiency"]),
        (&0.into(), &Value::Null)
    );
    let evidence = row["bottleneck"]["evidence"].as_str().unwrap();
    assert!(
        !evidence.contains("hedged") && !evidence.contains("does not report"),
        "{evidence}"
    );
}
