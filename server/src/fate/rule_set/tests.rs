//! The fates that rules decide: golden vectors and probabilities.

use super::*;
use flagpole_protocol::Resource;

fn rule_set(seed: u64, latency: &str, faults: &[&str]) -> RuleSet {
    let faults = faults.iter().map(|spec| spec.parse().unwrap()).collect();
    RuleSet::without_rules(seed, latency.parse().unwrap(), faults).unwrap()
}

fn keys() -> impl Iterator<Item = FateKey> {
    Resource::every()
        .map(FateKey::from)
        .chain([FateKey::from_path("/")])
}

/// How many of the requests 1 to `count` for a key have a fault.
fn faults_in(rule_set: &RuleSet, key: &FateKey, count: u64) -> u64 {
    let has_fault = |n: &u64| rule_set.fate(key, *n).fault.is_some();
    (1..=count).filter(has_fault).count() as u64
}

/// Fates are a promise across platforms and, from 0.1.0 on, across releases.
#[test]
fn fates_are_those_of_the_golden_vectors() {
    let rule_set = rule_set(7, "uniform:500ms..5s", &["404@5%", "500@10%"]);
    let golden = include_str!("../../../tests/golden/fates.txt").lines();
    for line in golden.filter(|line| !line.starts_with('#')) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [path, n, micros, fault] = words[..] else {
            panic!("{line}")
        };
        let fate = rule_set.fate(&FateKey::from_path(path), n.parse().unwrap());
        let delay = fate.delay.as_micros().to_string();
        let found = (delay.as_str(), fate.fault.as_deref().unwrap_or("-"));
        assert_eq!(found, (micros, fault), "{line}");
    }
}

/// The interval holds 999 of 1,000 samples of a binomial distribution (normal approximation: 3.29 standard
/// deviations).
fn assert_binomial(hits: u64, count: u64, probability: f64) {
    let mean = count as f64 * probability;
    let limit = 3.29 * (mean * (1.0 - probability)).sqrt();
    assert!(
        (hits as f64 - mean).abs() <= limit,
        "{hits} of {count}, expected {mean} +- {limit:.1}"
    );
}

#[test]
fn a_probability_of_30_percent_hits_30_percent_of_the_keys() {
    let rule_set = rule_set(1, "0", &["404@30%"]);
    let hits: u64 = keys().map(|key| faults_in(&rule_set, &key, 74)).sum();
    assert_binomial(hits, 74 * keys().count() as u64, 0.3);
}

#[test]
fn a_quarter_of_1000_responses_of_the_error_server_is_418() {
    let profile: crate::Profile = include_str!("../../../../profiles/book.toml")
        .parse()
        .unwrap();
    let error = profile
        .listeners
        .iter()
        .find(|listener| listener.name.as_deref() == Some("ERROR"))
        .unwrap();
    for seed in 0..20 {
        let rule_set = RuleSet::new(seed, error).unwrap();
        let flag = FateKey::from_path("/flags/br/br.gif");
        assert_binomial(faults_in(&rule_set, &flag, 1000), 1000, 0.25);
        assert!(
            (1..=1000)
                .all(|n| matches!(rule_set.fate(&flag, n).fault.as_deref(), None | Some("418")))
        );
    }
}

#[test]
fn probability_0_never_hits_and_100_percent_always() {
    for seed in 0..50 {
        let (never, always) = (
            rule_set(seed, "0", &["404@0%"]),
            rule_set(seed, "0", &["404@100%"]),
        );
        for key in keys().step_by(7) {
            assert_eq!(never.fate(&key, seed + 1), Fate::default());
            assert!(always.fate(&key, seed + 1).fault.is_some());
        }
    }
}

#[test]
fn faults_do_not_change_delays() {
    let (with, without) = (
        rule_set(3, "uniform:0..1s", &["500@50%"]),
        rule_set(3, "uniform:0..1s", &[]),
    );
    assert!(keys().all(|key| with.fate(&key, 1).delay == without.fate(&key, 1).delay));
}

#[test]
fn only_a_rule_set_without_any_effect_is_clean() {
    assert!(rule_set(1, "0", &["404@0%"]).is_clean());
    assert!(!rule_set(1, "1us", &[]).is_clean());
    assert!(!rule_set(1, "0", &["404@0.000001%"]).is_clean());
}
