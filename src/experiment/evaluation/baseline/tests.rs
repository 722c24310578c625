//! A result compared with itself, and with variations of itself.

use super::*;
use crate::experiment::result_file::parse;
use crate::experiment::spec::experiment::Experiment;
use flagpole_analysis::comparison::SCHEMA;
use serde_json::{Value, json};

/// A recorded result, reduced to one strategy with this number of rounds.
fn result(rounds: u64) -> Value {
    let recorded = include_str!("../../../../tests/fixtures/v0.1/result.json");
    let mut result: Value = serde_json::from_str(recorded).unwrap();
    let experiment = json!({ "seed": 7, "transport": "built-in" });
    (result["schema"], result["experiment"]) = (json!(SCHEMA), experiment);
    let environment = &mut result["environment"];
    (environment["system"], environment["processor"]) = (json!("linux 6.1"), json!("P"));
    result["cells"].as_array_mut().unwrap().truncate(1);
    let cell = &mut result["cells"][0];
    cell["conditions"] = json!({ "latency": "50ms" });
    cell["verdict"]["reasons"] = json!([]);
    cell["strategies"].as_array_mut().unwrap().truncate(1);
    let strategy = &mut cell["strategies"][0];
    (strategy["name"], strategy["concurrency"]) = (json!("async"), json!(20));
    strategy["bodies_digest"] = json!("44aff4ab2d7c3250");
    let round = strategy["rounds"][0].clone();
    strategy["rounds"] = (0..rounds).map(|_| round.clone()).collect();
    for (number, round) in (0..).zip(strategy["rounds"].as_array_mut().unwrap()) {
        round["wall_us"] = json!(1000 + 10 * (number % 3));
    }
    result
}

fn compare_values(new: &Value, baseline: &Value) -> Vec<BaselineRatio> {
    let [new, baseline] = [new, baseline].map(|result| parse(&result.to_string()).unwrap());
    compare(&new, &baseline)
}

/// The sentences about a result of ten rounds whose baseline has another value at `pointer`.
fn sentences(pointer: &str, old_value: Value) -> Vec<String> {
    let (now, mut old) = (result(10), result(10));
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    old.pointer_mut(parent).unwrap()[key] = old_value;
    let against = compare_values(&now, &old);
    let ratios = against.into_iter();
    ratios
        .map(|against| format!("{}: {}", against.name, against.message))
        .collect()
}

#[test]
fn result_does_not_differ_from_itself() {
    let against = compare_values(&result(10), &result(10));
    assert_eq!(against.len(), 1);
    let ratio = against[0].ratio.as_ref().unwrap();
    assert!(ratio.confidence_interval.is_some() && ratio.is_significant == Some(false));
    assert!(against[0].message.starts_with("no significant difference "));
}

#[test]
fn results_of_different_conditions_have_no_ratio() {
    let row = "/cells/0/strategies/0";
    for (pointer, old_value, sentence) in [
        (
            format!("{row}/concurrency"),
            json!(1),
            "different concurrency: 1 in the baseline, now 20",
        ),
        (
            format!("{row}/name"),
            json!("threads"),
            "no such strategy in the baseline; it has threads",
        ),
        (
            format!("{row}/fates_digest"),
            json!("0000"),
            "different fates in the baseline",
        ),
        (
            format!("{row}/bodies_digest"),
            json!("0000"),
            "different bodies in the baseline",
        ),
        (
            "/experiment/transport".into(),
            Value::Null,
            "different transport: hyper in the baseline, now built-in",
        ),
        (
            "/experiment/transport".into(),
            json!("hyper"),
            "different transport: hyper in the baseline, now built-in",
        ),
        (
            "/experiment/policies".into(),
            json!({ "once": {} }),
            "different policy in the baseline",
        ),
        (
            "/cells/0/conditions".into(),
            json!({}),
            "not in the baseline",
        ),
        (
            "/cells/0/verdict/reasons".into(),
            json!([
                { "severity": "SUSPECT", "label": "few_rounds", "message": "few" },
                { "severity": "INVALID", "label": "aborted", "message": "interrupted" },
            ]),
            "invalid in the baseline: interrupted",
        ),
    ] {
        assert_eq!(
            sentences(&pointer, old_value),
            [format!("async: {sentence}")]
        );
    }
}

#[test]
fn digests_that_only_one_result_has_do_not_prevent_a_ratio() {
    for digest in ["fates_digest", "bodies_digest"] {
        let sentences = sentences(&format!("/cells/0/strategies/0/{digest}"), Value::Null);
        assert!(
            sentences[0].starts_with("async: no significant difference "),
            "{sentences:?}"
        );
    }
}

#[test]
fn concurrency_is_found_without_its_condition() {
    let sentences = sentences(
        "/cells/0/conditions",
        json!({ "latency": "50ms", "max_concurrency": "20" }),
    );
    assert!(
        sentences[0].starts_with("async: no significant difference "),
        "{sentences:?}"
    );
}

#[test]
fn different_environment_is_reported_and_compared() {
    for (key, old_value, sentence) in [
        (
            "cores",
            json!(128),
            "128 cores in the baseline, now 2 cores",
        ),
        ("processor", json!("Q"), "Q in the baseline, now P"),
        (
            "system",
            json!("linux 5"),
            "linux 5 in the baseline, now linux 6.1",
        ),
        (
            "flagpole",
            json!("0.0.9"),
            "flagpole 0.0.9 in the baseline, now flagpole 0.1.0",
        ),
        (
            "optimised",
            json!(false),
            "debug build in the baseline, now release build",
        ),
    ] {
        let sentences = sentences(&format!("/environment/{key}"), old_value);
        assert_eq!(sentences[0], format!("environment: {sentence}"));
        assert!(
            sentences[1].starts_with("async: no significant difference "),
            "{sentences:?}"
        );
    }
    assert_eq!(sentences("/environment/load", json!(9.5)).len(), 1);
}

#[test]
fn slower_result_has_a_ratio_above_1() {
    let mut slow = result(10);
    for round in slow["cells"][0]["strategies"][0]["rounds"]
        .as_array_mut()
        .unwrap()
    {
        round["wall_us"] = json!(2 * round["wall_us"].as_u64().unwrap());
    }
    let against = compare_values(&slow, &result(10));
    let ratio = against[0].ratio.as_ref().unwrap();
    assert!((ratio.ratio - 2.0).abs() < 1e-9, "{ratio:?}");
    assert_eq!(ratio.is_significant, Some(true));
    assert!(
        against[0]
            .message
            .starts_with("takes 2.00x the time of the baseline (95% CI 1.9"),
        "{}",
        against[0].message
    );
}

#[test]
fn intervals_hold_together_for_the_strategies_of_a_cell() {
    let mut two = result(10);
    let strategies = two["cells"][0]["strategies"].as_array_mut().unwrap();
    strategies.push(strategies[0].clone());
    strategies[1]["name"] = json!("threads");
    for against in compare_values(&two, &two) {
        assert_eq!(against.ratio.unwrap().comparisons, Some(2));
    }
}

#[test]
fn few_rounds_have_a_ratio_without_interval() {
    let against = compare_values(&result(10), &result(4));
    let ratio = against[0].ratio.as_ref().unwrap();
    assert_eq!(
        (ratio.confidence_interval, ratio.is_significant),
        (None, None)
    );
    assert_eq!(
        against[0].message,
        "takes 1.00x the time of the baseline; too few rounds for a confidence interval"
    );
    assert!(compare_values(&result(1), &result(1))[0].ratio.is_some());
}

#[test]
fn result_of_another_schema_is_rejected() {
    let error = parse(r#"{ "schema": 2, "cells": [] }"#).err().unwrap();
    let sentence = "expected a result of schema 3 to 4, got `2`; measure again";
    assert!(error.to_string().starts_with(sentence), "{error}");
}

#[test]
fn file_that_is_no_result_is_refused_in_plain_words() {
    for (text, found) in [
        ("[grid]", "something else at line 1, column 2"),
        ("", "an empty file"),
        ("{}", "another JSON document"),
        (r#"{ "schema": 4 }"#, "another JSON document"),
        (
            r#"{ "schema": 4, "cells": [] }"#,
            "something else at line 1, column 28",
        ),
    ] {
        let error = parse(text).err().unwrap();
        let expected = format!("expected a result that `--result` wrote, got {found}");
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

/// A result of ten rounds of schema 3, which had no mean and no rates.
fn of_schema_3() -> Value {
    let mut result = result(10);
    result["schema"] = json!(3);
    result
}

#[test]
fn result_of_schema_3_is_completed_from_its_rounds() {
    let result = parse(&of_schema_3().to_string()).unwrap();
    let strategy = &result.cells[0].strategies[0];
    let mean = strategy.wall_us.mean;
    assert!((1000.0..1020.0).contains(&mean), "{mean}");
    let seconds = 10.0 * mean / 1e6;
    assert!((strategy.goodput_per_s * seconds - strategy.ok as f64).abs() < 1e-6);
    assert!((strategy.requests_per_s * seconds - strategy.attempts as f64).abs() < 1e-6);
}

#[test]
fn percentiles_of_schema_3_are_not_compared() {
    let against = compare_values(&result(10), &of_schema_3());
    assert_eq!(against[0].name, "percentiles");
    assert!(
        against[0]
            .message
            .starts_with("not compared: those of the baseline, of schema 3, ")
    );
    let metrics: Vec<_> = against[1]
        .figures
        .iter()
        .map(|one| one.metric.as_str())
        .collect();
    assert!(
        metrics.contains(&"requests") && !metrics.contains(&"p50"),
        "{metrics:?}"
    );
}

#[test]
fn figures_of_both_results_are_listed() {
    let (now, mut old) = (result(10), result(10));
    old["cells"][0]["strategies"][0]["requests_per_s"] = json!(250.0);
    let against = compare_values(&now, &old);
    assert_eq!(against[0].strategy.as_deref(), Some("async"));
    assert_eq!(
        against[0].conditions,
        [("latency".to_owned(), "50ms".to_owned())]
    );
    let requests = against[0]
        .figures
        .iter()
        .find(|one| one.metric == "requests")
        .unwrap();
    assert_eq!(
        (requests.unit.as_str(), requests.now, requests.baseline),
        ("per_s", 0.0, 250.0)
    );
}

#[test]
fn thresholds_need_a_baseline_with_what_they_name() {
    let old = parse(&result(4).to_string()).unwrap();
    let (mut other, earlier) = (result(4), parse(&of_schema_3().to_string()).unwrap());
    other["cells"][0]["strategies"][0]["name"] = json!("threads");
    let other = parse(&other.to_string()).unwrap();
    let error = |text: &str, baseline| {
        let checked = requirements::check_thresholds(&[text.parse().unwrap()], baseline);
        checked
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    assert_eq!(error("async.wall > 1s", None), "");
    assert_eq!(error("async/baseline.wall > 2", Some(&old)), "");
    for (text, baseline, reason) in [
        ("async/baseline.wall > 2", None, "needs --baseline"),
        (
            "async/baseline.wall > 2",
            Some(&other),
            "the baseline has no strategy `async`; it has threads",
        ),
        (
            "async/baseline.wall.low > 2",
            Some(&old),
            "an interval needs 5 rounds of the baseline, which has 4; measure it again",
        ),
        (
            "async/baseline.p50 > 2",
            Some(&earlier),
            "latencies cannot be compared: those of the baseline, of schema 3, are of attempts and mix failures with successes; measure it again",
        ),
    ] {
        assert_eq!(
            error(text, baseline),
            format!("--fail-if: `{text}`: {reason}")
        );
    }
}

#[test]
fn baseline_of_other_conditions_is_refused_before_the_run() {
    let mut baseline = result(10);
    let conditions = json!({ "flags": "20", "latency": "50ms", "seed": "0" });
    baseline["cells"][0]["conditions"] = conditions;
    baseline["experiment"] = json!({ "transport": "built-in" });
    let baseline = parse(&baseline.to_string()).unwrap();
    let check = |text: &str| {
        let experiment = Experiment::parse(text, "x.toml").unwrap();
        let checked = check(&experiment, None, Some(&baseline));
        checked
            .err()
            .map_or(String::new(), |error| error.to_string())
    };
    let (server, other) = ("[server]\nlatency = '50ms'", "[server]\nlatency = '5ms'");
    let fail_if = "fail_if = ['async/baseline.wall > 2']";
    let latencies = "[grid]\nlatency = ['50ms', '5ms']";
    let objection = "flags 20, latency 5ms, seed 0: not in the baseline, which has flags 20, latency 50ms, seed 0";
    for (text, expected) in [
        (server.to_owned(), String::new()),
        (format!("{fail_if}\n{server}"), String::new()),
        (latencies.to_owned(), String::new()),
        (
            format!("{fail_if}\n{latencies}"),
            format!("--fail-if: `async/baseline.wall > 2`: {objection}"),
        ),
        (
            other.to_owned(),
            format!("--baseline: no strategy can be compared; sequential under {objection}"),
        ),
        (
            format!("{server}\n[grid]\nstrategies = ['adaptive']"),
            "--baseline: no strategy can be compared; adaptive under flags 20, latency 50ms, seed 0: no such strategy in \
             the baseline; it has async"
                .to_owned(),
        ),
    ] {
        assert_eq!(check(&text), expected, "{text}");
    }
}
