//! One result beside itself, and what each difference makes of it.

use super::*;
use serde_json::json;

/// A result of one contender in so many rounds.
fn result(rounds: u64) -> Value {
    let walls = (0..rounds).map(|round| json!({ "wall_us": 1000 + 10 * (round % 3) }));
    json!({
        "schema": SCHEMA,
        "experiment": { "seed": 7 },
        "environment": {
            "flagpole": "0.1.0", "system": "linux 6.1", "processor": "P", "cores": 2, "load": 0.1,
            "optimised": true, "began": 1,
        },
        "cells": [{
            "conditions": { "latency": "50ms" },
            "rows": [{
                "strategy": "async", "concurrency": 20, "fates": "00ff",
                "rounds": walls.collect::<Vec<_>>(),
            }],
            "verdict": { "validity": "SUSPECT", "reasons": [] },
        }],
    })
}

fn gist(result: &Value) -> BaselineResult {
    serde_json::from_value(result.clone()).unwrap()
}

/// What is said of a result of ten rounds beside one that was different at one place then.
fn told(place: &str, then: Value) -> Vec<String> {
    let (now, mut old) = (result(10), result(10));
    let (parent, key) = place.rsplit_once('/').unwrap();
    old.pointer_mut(parent).unwrap()[key] = then;
    let against = gist(&now).against(&gist(&old));
    let told = against.into_iter();
    told.map(|against| format!("{}: {}", against.name, against.told))
        .collect()
}

#[test]
fn a_result_beside_itself_shows_no_difference() {
    let against = gist(&result(10)).against(&gist(&result(10)));
    assert_eq!(against.len(), 1);
    let ratio = against[0].ratio.as_ref().unwrap();
    assert!(ratio.interval.is_some() && ratio.is_difference == Some(false));
    assert!(against[0].told.starts_with("no significant difference "));
}

#[test]
fn what_was_another_thing_then_has_no_ratio() {
    let row = "/cells/0/rows/0";
    for (place, then, sentence) in [
        (
            format!("{row}/concurrency"),
            json!(1),
            "its concurrency was 1 then, and is 20 now",
        ),
        (
            format!("{row}/strategy"),
            json!("threads"),
            "the baseline has no such run",
        ),
        (
            format!("{row}/fates"),
            json!("0000"),
            "it met other fates then",
        ),
        (
            "/experiment/grid".into(),
            json!({ "transports": ["ureq"] }),
            "it ran by ureq then, and by hyper now",
        ),
        (
            "/experiment/policies".into(),
            json!({ "once": {} }),
            "its policy was another then",
        ),
        (
            "/cells/0/conditions".into(),
            json!({}),
            "the baseline has no such run",
        ),
        (
            "/cells/0/verdict/reasons".into(),
            json!([
                { "severity": "SUSPECT", "label": "few_rounds", "reason": "few" },
                { "severity": "INVALID", "label": "broken_off", "reason": "interrupted" },
            ]),
            "it was not valid then: interrupted",
        ),
    ] {
        assert_eq!(told(&place, then), [format!("async: {sentence}")]);
    }
}

#[test]
fn lanes_are_found_in_whatever_conditions_they_were_told() {
    let told = told(
        "/cells/0/conditions",
        json!({ "latency": "50ms", "max-concurrency": "20" }),
    );
    assert!(
        told[0].starts_with("async: no significant difference "),
        "{told:?}"
    );
}

#[test]
fn another_machine_or_build_is_told_and_compared_all_the_same() {
    for (key, then, sentence) in [
        ("cores", json!(128), "128 cores then, and 2 cores now"),
        ("processor", json!("Q"), "Q then, and P now"),
        (
            "system",
            json!("linux 5"),
            "linux 5 then, and linux 6.1 now",
        ),
        (
            "flagpole",
            json!("0.0.9"),
            "flagpole 0.0.9 then, and flagpole 0.1.0 now",
        ),
        (
            "optimised",
            json!(false),
            "not optimised then, and optimised now",
        ),
    ] {
        let told = told(&format!("/environment/{key}"), then);
        assert_eq!(told[0], format!("environment: {sentence}"));
        assert!(
            told[1].starts_with("async: no significant difference "),
            "{told:?}"
        );
    }
    assert_eq!(told("/environment/load", json!(9.5)).len(), 1);
}

#[test]
fn few_rounds_make_a_ratio_and_no_interval() {
    let against = gist(&result(10)).against(&gist(&result(9)));
    let ratio = against[0].ratio.as_ref().unwrap();
    assert_eq!((ratio.interval, ratio.is_difference), (None, None));
    assert_eq!(against[0].told, "0.999x; too few rounds for an interval");
}
