//! Fault specifications and rate limits: nothing panics, what is read prints back to itself.

#![no_main]

use flagpole_protocol::CountryCode;
use flagpole_server::{FaultSpec, RuleSet, RateLimit};
use flagpole_protocol::FateKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(limit) = text.parse::<RateLimit>() {
        assert_eq!(limit.to_string().parse(), Ok(limit));
    }
    let _ = text.parse::<CountryCode>();
    let Ok(fault) = text.parse::<FaultSpec>() else { return };
    let printed = fault.to_string();
    let again: FaultSpec = printed.parse().expect("what was printed reads back");
    assert_eq!(again.to_string(), printed);
    let profile = |fault| RuleSet::without_rules(1, Default::default(), vec![fault]).expect("one is at most 100%");
    let (one, other) = (profile(fault), profile(again));
    let key = FateKey::from_path("/");
    for n in 1..5 {
        assert_eq!(one.fate(&key, n), other.fate(&key, n));
    }
});
