//! A profile, an experiment and a result that were written before 0.1.0 (`tests/fixtures/v0.1`): every later version
//! reads them and gives equal fates. The fates may change until 0.1.0 is released, and never after; then
//! `fates.json` is made again by `flagpole fate --profile profile.toml --flags 20 -n 4 --metadata --format json`, and
//! `result.json` by `flagpole compare experiment.toml --result result.json`.

use crate::harness::Sandbox;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/v0.1")).join(name)
}

fn read(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(fixture(name)).unwrap()).unwrap()
}

/// A sandbox with a copy of the fixtures.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["profile.toml", "experiment.toml", "result.json"] {
        fs::copy(fixture(name), sandbox.path(name)).unwrap();
    }
    sandbox
}

/// The strategies of all cells by name, with their fates digests.
fn digests(result: &Value) -> Vec<(&Value, &Value)> {
    let cells = result["cells"].as_array().unwrap();
    let strategies = cells
        .iter()
        .flat_map(|cell| cell["strategies"].as_array().unwrap());
    strategies
        .map(|strategy| (&strategy["name"], &strategy["fates_digest"]))
        .collect()
}

/// The fates of all listeners.
fn fates(document: &Value) -> Vec<&serde_json::Map<String, Value>> {
    let listeners = document["listeners"].as_array().unwrap();
    let fates = listeners
        .iter()
        .flat_map(|listener| listener["fates"].as_array().unwrap());
    fates.map(|fate| fate.as_object().unwrap()).collect()
}

/// Later versions may tell more of a fate.
#[test]
fn an_earlier_profile_gives_equal_fates() {
    let line = "fate --profile profile.toml --flags 20 -n 4 --metadata --format json";
    let output = sandbox().run(line);
    let now: Value = serde_json::from_str(&output.stdout).unwrap();
    let earlier = read("fates.json");
    let (now, earlier) = (fates(&now), fates(&earlier));
    assert_eq!(now.len(), earlier.len());
    for (now, earlier) in now.into_iter().zip(earlier) {
        let known = earlier.keys().map(|key| (key.clone(), now[key].clone()));
        assert_eq!(known.collect::<serde_json::Map<_, _>>(), *earlier);
    }
}

#[test]
fn an_earlier_experiment_runs_with_equal_fates_beside_its_earlier_result() {
    // The earlier version had no other transport than hyper.
    let options = "--strategy async --transport hyper --format json";
    let line = &format!("compare experiment.toml --baseline result.json {options}");
    let output = sandbox().run(line);
    // 3 if this machine is too slow for the delays; the fates are equal all the same.
    assert!(matches!(output.code, Some(0 | 3)), "{output}");
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    let earlier = read("result.json");
    let mut earlier = digests(&earlier);
    earlier.retain(|(name, _)| name.as_str().unwrap().starts_with("async+"));
    assert_eq!(digests(&result), earlier);
    let compared = result["baseline"].as_array().unwrap();
    let is_read = |entry: &Value| !entry["message"].as_str().unwrap().contains("not in");
    assert!(
        !compared.is_empty() && compared.iter().all(is_read),
        "{output}"
    );
}

/// Additions are allowed: nothing that an earlier result has may be missing from the schema or change its type.
#[test]
fn an_earlier_result_is_valid_by_the_schema() {
    let schema = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/compare.schema.json"
    ));
    let schema: Value = serde_json::from_str(&schema.unwrap()).unwrap();
    let earlier = read("result.json");
    assert_eq!(earlier["schema"], 3);
    jsonschema::validate(&schema, &earlier).unwrap();
}
