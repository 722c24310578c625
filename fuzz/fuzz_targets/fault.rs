//! Fault specifications and rate limits: parsing never panics, and what is parsed prints back to itself.

#![no_main]

use flagpole_protocol::{CountryCode, FateKey};
use flagpole_server::{FaultSpec, RateLimit, RuleSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(limit) = text.parse::<RateLimit>() {
        assert_eq!(limit.to_string().parse(), Ok(limit));
    }
    let _ = text.parse::<CountryCode>();
    let Ok(fault) = text.parse::<FaultSpec>() else { return };
    let printed = fault.to_string();
    let again: FaultSpec = printed.parse().expect("a printed fault is parsed");
    assert_eq!(again.to_string(), printed);
    // A rule set reads the file of a body, and the fuzzer must not open arbitrary files.
    if text.contains("body-file") {
        return;
    }
    let rule_set = |fault| RuleSet::without_rules(1, Default::default(), vec![fault]).expect("one probability is at most 100%");
    let (one, other) = (rule_set(fault), rule_set(again));
    let key = FateKey::from_path("/");
    for n in 1..5 {
        assert_eq!(one.fate(&key, n), other.fate(&key, n));
    }
});
