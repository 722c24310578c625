//! What tables and documents contain.

use super::{assert_code_unless_late, column, json, strategies};
use crate::harness::flagpole;

#[test]
fn without_options_compares_the_three_strategies_of_the_book() {
    let output = flagpole("compare --rounds 1");
    assert_code_unless_late(&output, 0);
    let mut lines = output.stdout.lines();
    assert_eq!(lines.next(), Some("flags 20, latency 50ms, seed 0"));
    let columns = lines.nth(1).unwrap().split("  ").map(str::trim);
    let columns: Vec<_> = columns.filter(|name| !name.is_empty()).collect();
    let expected = "strategy, concurrency, wall, speed-up, lower bound, efficiency, p50, p99, ok, \
                    not found, error";
    assert_eq!(columns, expected.split(", ").collect::<Vec<_>>());
    let first_cells = lines.skip(1).take(3).map(|line| line.split_whitespace());
    let first_cells: Vec<Vec<_>> = first_cells.map(|words| words.take(2).collect()).collect();
    assert_eq!(
        first_cells,
        [["sequential", "1"], ["threads", "20"], ["async", "20"]]
    );
}

#[test]
fn strategy_all_compares_every_strategy() {
    let output = flagpole("compare --strategy all --latency 0 --rounds 1 --format json");
    assert_code_unless_late(&output, 0);
    let names = flagpole_client::strategy::ALL
        .iter()
        .map(|strategy| strategy.name());
    assert_eq!(column(&json(&output), "name"), names.collect::<Vec<_>>());
}

#[test]
fn json_has_every_round_and_the_attempts_of_the_median_round() {
    let output = flagpole("compare --latency 5ms --flags 3 --rounds 2 --format json");
    assert_code_unless_late(&output, 0);
    let document = json(&output);
    assert_eq!(
        column(&document, "name"),
        ["sequential", "threads", "async"]
    );
    assert_eq!(column(&document, "ok"), [6, 6, 6]);
    let cell = &document["cells"][0];
    assert_eq!(cell["conditions"]["latency"], "5ms");
    assert_eq!(cell["order"].as_array().unwrap().len(), 2);
    assert_eq!(cell["server"]["requests"], 27, "includes the warm-up round");
    for row in strategies(&document) {
        assert_eq!(row["rounds"].as_array().unwrap().len(), 2);
        assert_eq!(row["median_round_attempts"].as_array().unwrap().len(), 3);
        assert_eq!(row["median_round_attempts"][0]["planned_us"], 5000);
        assert!(
            row["bottleneck"]["terms"]["critical_path_us"].is_u64(),
            "{row}"
        );
    }
    for round in strategies(&document)
        .iter()
        .flat_map(|row| row["rounds"].as_array().unwrap())
    {
        assert!(
            round["server_cpu_us"].is_u64() && round["lateness_p99_us"].is_number(),
            "{round}"
        );
    }
    assert!(document["measurement_overhead"].is_null());
    assert!(document["environment"]["cores"].as_u64() > Some(0));
}

#[test]
fn measurement_overhead_is_measured_when_it_is_asked_for() {
    let line = "compare --latency 0 --flags 2 --strategy async --rounds 1 --format json";
    let document = json(&flagpole(&format!("{line} --measure-overhead")));
    assert_eq!(document["experiment"]["measure_overhead"], true);
    assert!(document["measurement_overhead"]["p50_us"].as_u64() > Some(0));
    assert_eq!(document["measurement_overhead"]["attempts"], 400);
}

#[cfg(target_os = "linux")]
#[test]
fn resource_usage_is_measured_per_strategy() {
    let line = "compare --latency 20ms --flags 40 --rounds 1 --strategy sequential,threads -m 40";
    let document = json(&flagpole(&format!("{line} --format json")));
    let usage = |row: usize, column_name: &str| {
        strategies(&document)[row]["resource_usage"][column_name]
            .as_u64()
            .unwrap()
    };
    assert_eq!(usage(0, "peak_threads"), 1);
    assert!(usage(1, "peak_threads") > 20, "{document}");
    assert!(usage(0, "peak_memory_kib") > 1000 && usage(1, "peak_memory_kib") > 1000);
    assert!(
        usage(0, "voluntary_context_switches") >= 40,
        "one wait per response"
    );
}

/// The comparison keeps every record: 15,000 of them take about 4 MiB. The workload takes about 3
/// MiB and belongs to the strategy.
#[cfg(target_os = "linux")]
#[test]
fn attempt_records_hardly_add_to_peak_memory() {
    let memory = |times: u32| {
        let line =
            "compare --latency 0 --flags all --rounds 1 --strategy async --format json --times";
        let document = json(&flagpole(&format!("{line} {times}")));
        assert_eq!(strategies(&document)[0]["ok"], 249 * times);
        strategies(&document)[0]["resource_usage"]["peak_memory_kib"]
            .as_u64()
            .unwrap()
    };
    let (once, repeated) = (memory(1), memory(60));
    assert!(repeated < once + 4500, "{once} KiB, then {repeated} KiB");
}

#[test]
fn speedup_is_relative_to_the_first_strategy() {
    let output = flagpole("compare --latency 0 --rounds 1 --strategy async,threads --format json");
    let document = json(&output);
    assert_eq!(column(&document, "name"), ["async", "threads"]);
    for row in strategies(&document) {
        assert_eq!(row["speedup"]["to"], "async");
    }
}

#[test]
fn ten_rounds_give_confidence_intervals() {
    let output = flagpole("compare --latency 0 --flags 3 --rounds 10 --format json");
    let document = json(&output);
    assert!(
        strategies(&document)[0]["speedup"]["confidence_interval"].is_null(),
        "the reference has no interval"
    );
    for row in &strategies(&document)[1..] {
        let ends = row["speedup"]["confidence_interval"].as_array().unwrap();
        let ratio = row["speedup"]["ratio"].as_f64();
        assert!(
            ends[0].as_f64() <= ratio && ratio <= ends[1].as_f64(),
            "{row}"
        );
    }
}

#[test]
fn grid_is_one_table_with_conditions_as_columns() {
    let line = "compare --latency 0,uniform:0..1ms,max=1ms --concurrency 2,3 --flags 3 --rounds 1 \
                --strategy async";
    let output = flagpole(&format!("{line} --format csv"));
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
    let output = flagpole(&line.replace("--latency 0,", "--latency "));
    output.assert_stdout_contains("\nmax_concurrency  strategy  concurrency ");
    let output = flagpole("compare --latency 0 --flags 2 --rounds 1 --format markdown");
    output.assert_stdout_contains("| strategy | concurrency | wall |");
}
