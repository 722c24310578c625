//! What `flagpole compare` reads and writes: experiments, results, baselines, thresholds.

use crate::compare::{column, ended, json, rows};
use crate::harness::{CommandOutput, Sandbox};
use serde_json::Value;
use std::fs;

fn refused(desk: &Sandbox, line: &str, sentence: &str) {
    let done = desk.run(line);
    assert!(
        done.err.starts_with(&format!("flagpole: {sentence}")),
        "{done}"
    );
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{done}");
}

fn experiment(text: &str) -> Sandbox {
    let desk = Sandbox::new();
    fs::write(desk.path("mine.toml"), text).unwrap();
    desk
}

const QUICK: &str = "flags = 3\nrounds = 10\n[grid]\nstrategies = ['async']\n[server]\n";

#[test]
fn what_is_saved_runs_the_same() {
    let desk = Sandbox::new();
    let line = "compare --latency uniform:0..1ms --fault 404@30% --seed 18446744073709551615 --flags 9 \
                --concurrency 4 --strategy async,threads --rounds 2 --retries 1 --hedge 1s --format json";
    let first = desk.run(&format!("{line} --save mine.toml"));
    ended(&first, 0);
    let saved = fs::read_to_string(desk.path("mine.toml")).unwrap();
    let second = desk.run("compare mine.toml --save again.toml --format json");
    ended(&second, 0);
    let again = fs::read_to_string(desk.path("again.toml")).unwrap();
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
fn what_is_wrong_in_a_file_is_told_with_its_place() {
    let desk = experiment("flags = 3\n[server]\nlatncy = '5ms'\n");
    let sentence = "mine.toml:3:1: server.latncy: unknown field `latncy`, expected one of ";
    refused(&desk, "compare mine.toml", sentence);
    let desk = experiment("[server]\nqueue = 3\n");
    refused(
        &desk,
        "compare mine.toml",
        "server: queue: a queue needs a `capacity`",
    );
    let desk = experiment("profile = 'book'\n");
    let sentence = "--profile: expected a profile with one listener, got `book`";
    refused(&desk, "compare mine.toml", sentence);
    let sentence = "EXPERIMENT: unknown experiment `artcle`; known: article, latency, ";
    refused(&desk, "compare artcle", sentence);
    refused(&desk, "compare missing.toml", "missing.toml: ");
    let sentence = "the argument `[EXPERIMENT]` cannot be used with `--flags <N>`";
    refused(&desk, "compare mine.toml --flags 3", sentence);
}

#[test]
fn what_is_too_much_is_refused_at_once() {
    let desk = Sandbox::new();
    let sentence = "--times: a run has at most 100000 downloads, got 2000000000000\n";
    refused(&desk, "compare --times 100000000000", sentence);
    let lanes: Vec<_> = (1..=1000).map(|lanes| lanes.to_string()).collect();
    let line = format!("compare --rounds 99 --concurrency {}", lanes.join(","));
    let sentence = "1000 combinations of conditions x 3 strategies x 100 rounds = 300000 runs; the maximum is 100000\n";
    refused(&desk, &line, sentence);
}

#[test]
fn what_stands_in_the_grid_twice_is_refused() {
    let desk = Sandbox::new();
    for (words, sentence) in [
        (
            "--strategy async,async",
            "--strategy: duplicate `async`; to compare it with itself, ",
        ),
        ("--latency 5ms,50ms,5000us", "--latency: duplicate `5ms`\n"),
        ("--concurrency 5,6,5", "--concurrency: duplicate `5`\n"),
        (
            "--transport hyper,hyper",
            "--transport: duplicate `hyper`\n",
        ),
    ] {
        refused(&desk, &format!("compare {words}"), sentence);
    }
}

#[test]
fn a_strategy_against_itself_meets_the_same_and_has_an_interval() {
    let desk = experiment(&format!("{QUICK}[policies.one]\n[policies.other]\n"));
    let done = desk.run("compare mine.toml --format json");
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(column(&document, "name"), ["async+one", "async+other"]);
    let fates = column(&document, "fates_digest");
    assert_eq!(fates[0], fates[1]);
    let behind = column(&document, "ratio_to_fastest");
    let behind = behind.iter().find(|ratio| !ratio.is_null()).unwrap();
    assert!(
        behind["confidence_interval"].is_array()
            && behind["minimum_detectable_effect"].as_f64() > Some(0.0)
    );
}

#[test]
fn a_threshold_that_is_crossed_is_exit_code_1() {
    let desk =
        experiment(&format!("fail_if = ['async.wall < 1h']\n{QUICK}").replace("1h", "3600s"));
    let done = desk.run("compare mine.toml --rounds 1");
    ended(&done, 1);
    assert!(
        done.out
            .contains("\nThreshold crossed: async.wall < 3600s: measured "),
        "{done}"
    );
    let desk = experiment(QUICK);
    let done = desk.run("compare mine.toml --rounds 1 --fail-if async.errors>0");
    assert_eq!(done.code, Some(0), "{done}");
    let line = "compare mine.toml --fail-if asink.errors>0";
    refused(
        &desk,
        line,
        "--fail-if: unknown strategy `asink`; known: async",
    );
}

#[test]
fn a_result_is_what_its_schema_says() {
    let desk = Sandbox::new();
    let schema: Value = serde_json::from_str(&desk.run("compare --schema").out).unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compare.schema.json");
    let shipped: Value = serde_json::from_str(&fs::read_to_string(shipped).unwrap()).unwrap();
    assert_eq!(
        schema, shipped,
        "`flagpole compare --schema > docs/compare.schema.json`"
    );
    let line = "compare --latency 1ms --fault 500@30% --concurrency 2,3 --flags 4 --rounds 10 \
                --strategy async,threads --retries 1 --backoff 1ms..2ms --result r.json";
    ended(&desk.run(line), 0);
    let result: Value =
        serde_json::from_str(&fs::read_to_string(desk.path("r.json")).unwrap()).unwrap();
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
fn an_earlier_result_is_compared_with() {
    let desk = experiment(QUICK);
    ended(&desk.run("compare mine.toml --result old.json"), 0);
    let done = desk.run("compare mine.toml --baseline old.json --format json");
    ended(&done, 0);
    let document = json(&done);
    let against = &document["baseline"][0];
    assert_eq!(against["name"], "async");
    assert!(
        against["ratio"]["confidence_interval"].is_array(),
        "{against}"
    );
    let done = desk.run("compare --latency 0 --flags 2 --rounds 1 --baseline old.json");
    assert!(done.out.contains("not in the baseline\n"), "{done}");
    fs::write(desk.path("bad.json"), "{}").unwrap();
    refused(
        &desk,
        "compare mine.toml --baseline bad.json",
        "--baseline: bad.json: ",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_table_is_there_all_the_same() {
    let desk = experiment(QUICK);
    let told = |done: &CommandOutput, part: &str| assert!(done.err.contains(part), "{done}");
    let done = desk.run("compare mine.toml --rounds 1 --result /dev/full");
    ended_with_trouble(&done);
    told(
        &done,
        "--result: cannot write the result to /dev/full: No space left on device",
    );
    assert!(done.out.contains("\nasync "), "{done}");
    let line = "compare mine.toml --rounds 1 --result missing/r.json";
    refused(&desk, line, "--result: missing/r.json: ");
    let desk = experiment(QUICK);
    let line = "compare mine.toml --rounds 1 --save missing/r.toml";
    refused(&desk, line, "--save: missing/r.toml: ");
}

/// A limit on the size of files stands for a disk that is full before the end.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_does_not_fit_leaves_the_older_one_as_it_was() {
    let desk = experiment(QUICK);
    ended(&desk.run("compare mine.toml --rounds 1 --result r.json"), 0);
    let old = fs::read(desk.path("r.json")).unwrap();
    let limited = |line: &str| {
        let mut shell = std::process::Command::new("sh");
        let flagpole = crate::harness::FLAGPOLE;
        let line = format!("trap '' XFSZ; ulimit -f 4; exec {flagpole} {line}");
        let shell = shell.args(["-c", &line]).current_dir(desk.path("."));
        let output = shell.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, err) = limited("compare mine.toml --rounds 1 --result r.json");
    assert_eq!(code, Some(1), "{err}");
    let told = "flagpole: --result: cannot write the result to ";
    assert!(err.contains(told), "{err}");
    assert_eq!(fs::read(desk.path("r.json")).unwrap(), old);
    let mut names: Vec<_> = fs::read_dir(desk.path(".")).unwrap().collect();
    names.retain(|name| name.as_ref().unwrap().file_name() != "mine.toml");
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_start_that_is_refused_leaves_no_result() {
    let desk = experiment(QUICK);
    let line = "compare mine.toml --result r.json --save missing/again.toml";
    refused(&desk, line, "--save: missing/again.toml: ");
    assert!(!desk.path("r.json").exists());
}

#[cfg(target_os = "linux")]
fn ended_with_trouble(done: &CommandOutput) {
    assert_eq!(done.code, Some(1), "{done}");
}

#[test]
fn a_sequence_of_lanes_has_a_knee() {
    let desk = experiment(
        "flags = 20\nrounds = 1\n[grid]\nmax_req = [1, 20]\nstrategies = ['threads', 'async']\n\
         [server]\nlatency = '5ms'\n",
    );
    let done = desk.run("compare mine.toml --format json");
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(document["cells"].as_array().unwrap().len(), 2);
    assert_eq!(rows(&document).len(), 2);
}
