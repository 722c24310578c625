//! Files of `flagpole compare`: experiments, results, baselines, thresholds.

use crate::compare::{assert_code_of_verdict, column, is_invalid, json, strategies};
use crate::harness::{Sandbox, flagpole};
use serde_json::Value;
use std::fs;

fn sandbox_with(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("mine.toml"), text).unwrap();
    sandbox
}

const QUICK: &str = "flags = 3\nrounds = 10\n[grid]\nstrategies = ['async']\n[server]\n";

#[test]
fn saved_experiment_reproduces_the_run() {
    let sandbox = Sandbox::new();
    let line = "compare --latency uniform:0..1ms --fault 404@30% --seed 18446744073709551615 --flags 9 \
                --concurrency 4 --strategy async,threads --rounds 2 --retries 1 --hedge 1s --format json";
    let first = sandbox.run(&format!("{line} --save mine.toml"));
    assert_code_of_verdict(&first, 0);
    let saved = fs::read_to_string(sandbox.path("mine.toml")).unwrap();
    let second = sandbox.run("compare mine.toml --save again.toml --format json");
    assert_code_of_verdict(&second, 0);
    let again = fs::read_to_string(sandbox.path("again.toml")).unwrap();
    assert_eq!(saved, again);
    let (first, second) = (json(&first), json(&second));
    assert_eq!(first["experiment"], second["experiment"]);
    assert_eq!(
        column(&first, "fates_digest"),
        column(&second, "fates_digest")
    );
    assert_eq!(
        first["cells"][0]["conditions"],
        second["cells"][0]["conditions"]
    );
}

#[test]
fn printed_experiment_measures_the_same() {
    let sandbox = Sandbox::new();
    let line = "compare errors --latency 1ms --flags 5 --rounds 1 -c 3";
    let printed = sandbox.run(&format!("{line} --print-experiment"));
    assert_eq!((printed.code, &*printed.stderr), (Some(0), ""));
    fs::write(sandbox.path("mine.toml"), &printed.stdout).unwrap();
    let [first, second] = [line, "compare mine.toml"].map(|line| {
        let output = sandbox.run(&format!("{line} --format json"));
        assert_code_of_verdict(&output, 0);
        json(&output)
    });
    assert_eq!(first["experiment"], second["experiment"]);
    for key in ["name", "fates_digest", "ok", "not_found", "retries"] {
        assert_eq!(column(&first, key), column(&second, key), "{key}");
    }
    let conditions = |document: &Value| document["cells"][0]["conditions"].clone();
    assert_eq!(conditions(&first), conditions(&second));
    assert_eq!(conditions(&first)["latency"], "1ms");
}

#[test]
fn doubtful_measurement_exits_with_3_if_strict() {
    // At a concurrency limit of 1 only the sequential strategy gets all responses.
    let line = "compare --flags 3 --rounds 10 --strategy sequential,async --concurrency-limit 1 --latency 1ms";
    assert_code_of_verdict(&flagpole(line), 0);
    let output = flagpole(&format!("{line} --strict"));
    output.assert_code(3);
    output.assert_stderr_contains("flagpole: doubtful measurement: ");
}

#[test]
fn named_reference_is_that_of_the_result() {
    let sandbox = sandbox_with("flags = 3\nrounds = 1\nreference = 'sequential'\n[server]\n");
    for (options, expected) in [("", "sequential"), (" --reference threads", "threads")] {
        let output = sandbox.run(&format!("compare mine.toml --format json{options}"));
        assert_eq!(json(&output)["cells"][0]["reference"], expected);
    }
}

#[test]
fn strategy_compared_with_itself_has_equal_fates_and_an_interval() {
    let sandbox = sandbox_with(&format!("{QUICK}[policies.one]\n[policies.other]\n"));
    let output = sandbox.run("compare mine.toml --format json");
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    assert_eq!(column(&document, "name"), ["async+one", "async+other"]);
    let fates = column(&document, "fates_digest");
    assert_eq!(fates[0], fates[1]);
    let ratio = &column(&document, "ratios")[0][0];
    assert_eq!(ratio["to"], "async+other");
    assert!(
        ratio["confidence_interval"].is_array()
            && ratio["minimum_detectable_effect"].as_f64() > Some(0.0)
    );
}

#[test]
fn crossed_threshold_exits_with_1() {
    let sandbox =
        sandbox_with(&format!("fail_if = ['async.wall < 1h']\n{QUICK}").replace("1h", "3600s"));
    let output = sandbox.run("compare mine.toml --rounds 1");
    assert_code_of_verdict(&output, 1);
    output.assert_stdout_contains("\nThreshold crossed: async.wall < 3600s: measured ");
    let sandbox = sandbox_with(QUICK);
    let output = sandbox.run("compare mine.toml --rounds 1 --fail-if async.errors>0");
    assert_code_of_verdict(&output, 0);
}

/// Writes a baseline with changed wall times.
fn write_baseline(sandbox: &Sandbox, wall_us: fn(u64) -> u64) {
    assert_code_of_verdict(&sandbox.run("compare mine.toml --result old.json"), 0);
    let text = fs::read_to_string(sandbox.path("old.json")).unwrap();
    let mut result: Value = serde_json::from_str(&text).unwrap();
    let cell = &mut result["cells"][0];
    // The machine may have been busy.
    cell["verdict"] = serde_json::json!({ "validity": "VALID", "reasons": [] });
    for round in cell["strategies"][0]["rounds"].as_array_mut().unwrap() {
        round["wall_us"] = wall_us(round["wall_us"].as_u64().unwrap()).into();
    }
    fs::write(sandbox.path("old.json"), result.to_string()).unwrap();
}

#[test]
fn threshold_against_a_baseline_is_a_gate() {
    let sandbox = sandbox_with(QUICK);
    write_baseline(&sandbox, |us| us / 100);
    let line = "compare mine.toml --baseline old.json --fail-if async/baseline.wall";
    let output = sandbox.run(&format!("{line}>1.1"));
    assert_code_of_verdict(&output, 1);
    output.assert_stdout_contains("Threshold crossed: async/baseline.wall > 1.1: measured ");
    let output = sandbox.run(&format!("{line}.low>1.1x"));
    assert_code_of_verdict(&output, 1);
    write_baseline(&sandbox, |us| us * 100);
    let output = sandbox.run(&format!("{line}.high>1.1 --format json"));
    assert_code_of_verdict(&output, 0);
    let threshold = &json(&output)["thresholds"][0];
    assert_eq!(threshold["status"], "held", "{threshold}");
    assert!(threshold["measured"].as_f64() < Some(1.0), "{threshold}");
}

#[test]
fn judged_figures_are_those_of_the_result() {
    let sandbox = sandbox_with(QUICK);
    let line = "compare mine.toml --format json --fail-if async.wall>1us --fail-if async.requests<1/s \
                --fail-if async.response.p50>1us --fail-if async.max<1us --fail-if async.failed.p50>1us --timeout 1h";
    let output = sandbox.run(line);
    assert_code_of_verdict(&output, 1);
    let document = json(&output);
    let strategy = &strategies(&document)[0];
    let expected = [
        (&strategy["wall_us"]["mean"], "crossed"),
        (&strategy["requests_per_s"], "held"),
        (
            &strategy["response_time"]["succeeded"]["p50"]["us"],
            "crossed",
        ),
        (&strategy["download_time"]["succeeded"]["max_us"], "held"),
        (&Value::Null, "not_judged"),
    ];
    let thresholds = document["thresholds"].as_array().unwrap();
    assert_eq!(thresholds.len(), expected.len());
    for (threshold, (figure, status)) in thresholds.iter().zip(expected) {
        assert_eq!(threshold["status"], status, "{threshold}");
        assert_eq!(
            threshold["measured"].as_f64(),
            figure.as_f64(),
            "{threshold}"
        );
    }
}

#[test]
fn threshold_of_a_file_that_cannot_be_judged_is_noted() {
    let sandbox = sandbox_with(&format!("fail_if = ['async.p99 > 1s']\n{QUICK}"));
    let output = sandbox.run("compare mine.toml");
    assert_code_of_verdict(&output, 0);
    let objection = "flagpole: mine.toml: fail_if: `async.p99 > 1s`: needs 299 downloads, got 30 in 10 rounds; ";
    output.assert_stderr_starts_with(objection);
    output.assert_stderr_contains("; it will not be judged\n");
    let output = sandbox.run("compare mine.toml --strict");
    output.assert_code(2);
    output.assert_stderr_starts_with(objection);
}

#[test]
fn percentile_without_samples_is_not_judged() {
    let sandbox = sandbox_with(QUICK);
    let line = "compare mine.toml --fail-if async.failed.p50>1us --timeout 1h";
    let output = sandbox.run(line);
    assert_code_of_verdict(&output, 0);
    let message = "Threshold not judged: async.failed.p50 > 1us: no download failed";
    output.assert_stdout_contains(message);
    sandbox.run(&format!("{line} --strict")).assert_code(3);
}

#[test]
fn result_matches_its_json_schema() {
    let sandbox = Sandbox::new();
    let schema: Value = serde_json::from_str(&sandbox.run("compare --schema").stdout).unwrap();
    let documented = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compare.schema.json");
    let documented: Value = serde_json::from_str(&fs::read_to_string(documented).unwrap()).unwrap();
    assert_eq!(
        schema, documented,
        "`flagpole compare --schema > docs/compare.schema.json`"
    );
    let line = "compare --latency 1ms --fault 500@30% --concurrency 2,3 --flags 4 --rounds 10 \
                --strategy async,threads --retries 1 --backoff 1ms..2ms --result r.json";
    assert_code_of_verdict(&sandbox.run(line), 0);
    let result: Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path("r.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&result)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    let mut wrong = result;
    wrong["cells"][0]["strategies"][0]["wall_us"] = Value::Null;
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn baseline_gives_a_ratio_per_strategy() {
    let sandbox = sandbox_with(QUICK);
    assert_code_of_verdict(&sandbox.run("compare mine.toml --result old.json"), 0);
    forget_reasons(&sandbox.path("old.json"));
    let output = sandbox.run("compare mine.toml --baseline old.json --format json");
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    let baseline = &document["baseline"][0];
    assert_eq!(baseline["name"], "async");
    assert!(
        baseline["ratio"]["confidence_interval"].is_array(),
        "{baseline}"
    );
    let line = "compare mine.toml --strategy async,threads --rounds 1 --baseline old.json";
    let output = sandbox.run(line);
    output.assert_stdout_contains("threads: no such strategy in the baseline; it has async\n");
    let output = sandbox.run("compare mine.toml --flags 2 --baseline old.json");
    output.assert_code(2);
    output.assert_stderr_contains(": not in the baseline, which has flags 3, latency 0, seed 0\n");
}

/// Removes the reasons for which a busy machine makes a result invalid.
fn forget_reasons(result: &std::path::Path) {
    let mut document: Value = serde_json::from_str(&fs::read_to_string(result).unwrap()).unwrap();
    document["cells"][0]["verdict"]["reasons"] = Value::Array(Vec::new());
    fs::write(result, document.to_string()).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn unwritable_result_fails_the_command_after_the_table() {
    let sandbox = sandbox_with(QUICK);
    let output = sandbox.run("compare mine.toml --rounds 1 --result /dev/full");
    assert_code_of_verdict(&output, 1);
    let message = "--result: cannot write /dev/full: No space left on device";
    output.assert_stderr_contains(message);
    output.assert_stdout_contains("\nasync ");
}

/// A limit on file sizes stands for a disk that fills up while writing.
#[cfg(target_os = "linux")]
#[test]
fn failed_write_keeps_the_previous_result() {
    let sandbox = sandbox_with(QUICK);
    assert_code_of_verdict(
        &sandbox.run("compare mine.toml --rounds 1 --result r.json"),
        0,
    );
    let old = fs::read(sandbox.path("r.json")).unwrap();
    let run_with_file_limit = |line: &str| {
        let mut shell = std::process::Command::new("sh");
        let flagpole = crate::harness::FLAGPOLE;
        let line = format!("trap '' XFSZ; ulimit -f 4; exec {flagpole} {line}");
        let shell = shell.args(["-c", &line]).current_dir(sandbox.path("."));
        let output = shell.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, err) = run_with_file_limit("compare mine.toml --rounds 1 --result r.json");
    let expected = if is_invalid(&err) { 3 } else { 1 };
    assert_eq!(code, Some(expected), "{err}");
    let message = "flagpole: --result: cannot write ";
    assert!(err.contains(message), "{err}");
    assert_eq!(fs::read(sandbox.path("r.json")).unwrap(), old);
    let mut names: Vec<_> = fs::read_dir(sandbox.path(".")).unwrap().collect();
    names.retain(|name| name.as_ref().unwrap().file_name() != "mine.toml");
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn every_concurrency_of_the_grid_is_a_cell() {
    let sandbox = sandbox_with(
        "flags = 20\nrounds = 1\n[grid]\nconcurrency = [1, 20]\nstrategies = ['threads', 'async']\n\
         [server]\nlatency = '5ms'\n",
    );
    let output = sandbox.run("compare mine.toml --format json");
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    assert_eq!(document["cells"].as_array().unwrap().len(), 2);
    assert_eq!(strategies(&document).len(), 2);
}
