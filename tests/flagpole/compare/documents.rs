//! What tables and documents contain.

use super::{assert_code_of_verdict, column, json, repeated_rounds, strategies};
use crate::harness::flagpole;
use flagpole_client::strategy;
use serde_json::Value;
use std::sync::LazyLock;

/// Every strategy, with delays, retries, missing flags and errors: most tests look at this one comparison.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let line = "compare --strategy all -m 7 --flags 20 --rounds 2 --latency uniform:1ms..9ms --fault 404@20% \
                --fault 500@20% --retries 1 --backoff 1ms..2ms --format json";
    let output = flagpole(line);
    // Configured faults are not a failure.
    assert_code_of_verdict(&output, 0);
    json(&output)
});

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn strategy_all_compares_every_strategy_with_the_first() {
    let names = strategy::ALL.iter().map(|strategy| strategy.name());
    let names: Vec<_> = names.collect();
    assert_eq!(column(&DOCUMENT, "name"), names);
    for ratios in column(&DOCUMENT, "ratios") {
        assert_eq!(ratios.as_array().unwrap().len(), names.len() - 1);
    }
}

#[test]
fn fates_are_equal_for_all_strategies() {
    for name in ["ok", "not_found", "error", "retries", "fates_digest"] {
        let values = column(&DOCUMENT, name);
        assert!(values.iter().all(|value| *value == values[0]), "{name}");
        assert!(values[0].is_string() || number(values[0]) > 0, "{name}");
    }
}

#[test]
fn wall_time_is_never_below_the_lower_bound() {
    for row in strategies(&DOCUMENT) {
        assert!(row["efficiency"].is_null(), "more than 1% fail: {row}");
        // Fates are equal in every round, and so is the lower bound.
        let bound = number(&row["bound_us"]);
        assert!(
            bound > 0 && bound <= number(&row["wall_us"]["min"]),
            "{row}"
        );
        assert!(row["bottleneck"]["terms"]["critical_path_us"].is_u64());
    }
}

#[test]
fn ledger_counts_the_attempts_of_every_round_and_of_the_warm_up() {
    let attempts: u64 = column(&DOCUMENT, "attempts").into_iter().map(number).sum();
    let (each_round, requests) = (attempts / 2, &DOCUMENT["cells"][0]["server"]["requests"]);
    let rounds = 3 + repeated_rounds(&DOCUMENT) as u64;
    assert_eq!(number(requests), rounds * each_round);
}

#[test]
fn json_has_every_round_and_the_attempts_of_the_median_round() {
    let cell = &DOCUMENT["cells"][0];
    assert_eq!(cell["conditions"]["latency"], "uniform:1ms..9ms");
    let rounds = cell["order"].as_array().unwrap().len();
    assert_eq!(rounds, 2 + repeated_rounds(&DOCUMENT));
    for row in strategies(&DOCUMENT) {
        let records = row["median_round_attempts"].as_array().unwrap();
        assert_eq!(2 * records.len() as u64, number(&row["attempts"]));
        assert!((1000..=9000).contains(&number(&records[0]["planned_us"])));
        let rounds = row["rounds"].as_array().unwrap();
        assert_eq!(rounds.len(), 2);
        for round in rounds {
            assert!(round["server_cpu_us"].is_u64() && round["lateness_p99_us"].is_number());
        }
    }
    assert!(DOCUMENT["measurement_overhead"].is_null());
    assert!(number(&DOCUMENT["environment"]["cores"]) > 0);
}

#[test]
fn measurement_overhead_is_measured_when_it_is_asked_for() {
    let line = "compare --latency 0 --flags 2 --strategy async --rounds 1 --format json";
    let document = json(&flagpole(&format!("{line} --measure-overhead")));
    assert_eq!(document["experiment"]["measure_overhead"], true);
    assert!(number(&document["measurement_overhead"]["p50_us"]) > 0);
    assert_eq!(document["measurement_overhead"]["attempts"], 400);
}

#[cfg(target_os = "linux")]
#[test]
fn resource_usage_is_measured_per_strategy() {
    for (row, strategy) in strategies(&DOCUMENT).iter().zip(strategy::ALL) {
        let usage = |name: &str| number(&row["resource_usage"][name]);
        assert!(usage("peak_memory_kib") > 1000, "{row}");
        match strategy.name() {
            "sequential" => {
                assert_eq!(usage("peak_threads"), 1);
                assert!(
                    usage("voluntary_context_switches") >= 20,
                    "one per response"
                );
            }
            "threads" => assert!(usage("peak_threads") >= 7, "{row}"),
            _ => {}
        }
    }
}

/// The comparison keeps every record: 15,000 of them take about 4 MiB. The workload takes about 3
/// MiB and belongs to the strategy.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
#[ignore = "long: 30,000 downloads"]
fn attempt_records_hardly_add_to_peak_memory() {
    let memory = |times: u32| {
        let line =
            "compare --latency 0 --flags all --rounds 1 --strategy async --format json --times";
        let document = json(&flagpole(&format!("{line} {times}")));
        assert_eq!(strategies(&document)[0]["ok"], 249 * times);
        number(&strategies(&document)[0]["resource_usage"]["peak_memory_kib"])
    };
    let (once, repeated) = (memory(1), memory(60));
    assert!(repeated < once + 4500, "{once} KiB, then {repeated} KiB");
}

#[test]
fn without_options_compares_the_three_strategies_of_the_book() {
    let output = flagpole("compare --rounds 1");
    assert_code_of_verdict(&output, 0);
    let conditions = "flags 20, latency 50ms, seed 0; concurrency 20 (sequential 1); 1 round\n";
    output.assert_stdout_contains(conditions);
    let lines = output.stdout.lines();
    let mut lines = lines.skip_while(|line| !line.starts_with("strategy"));
    let columns = lines.next().unwrap().split_whitespace();
    let columns: Vec<_> = columns.collect();
    assert_eq!(
        columns,
        [
            "strategy",
            "wall",
            "ratio",
            "bound",
            "efficiency",
            "req/s",
            "p50"
        ]
    );
    let names = lines.skip(1).take(3);
    let names = names.map(|line| line.split_whitespace().next().unwrap());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["sequential", "threads", "async"]
    );
}

#[test]
fn grid_is_one_table_with_conditions_as_columns() {
    let line = "compare --latency 0,uniform:0..1ms,max=1ms --concurrency 2,3 --flags 3 --rounds 1 \
                --strategy async --format csv";
    let output = flagpole(line);
    let lines: Vec<_> = output.stdout.lines().collect();
    assert!(
        lines[0].starts_with("flags,max_concurrency,latency,seed,strategy,"),
        "{output}"
    );
    assert_eq!(lines.len(), 5, "{output}");
    assert!(
        lines[3].starts_with("3,2,\"uniform:0..1ms,max=1ms\",0,async,2,1,"),
        "{output}"
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
    assert!(number(&row["error"]) > 0, "{row}");
    assert_eq!(row["bound_us"], 20_000);
    let row = run("--latency 50ms --timeout 5ms");
    assert_eq!(row["bound_us"], 5000);
    let row = run("--latency 0");
    assert_eq!(
        (&row["bound_us"], &row["efficiency"]),
        (&0.into(), &Value::Null)
    );
}
