//! Latency specifications: parsing never panics, what is parsed prints back to itself, and every delay is at most
//! 24 h.

#![no_main]

use flagpole_server::Latency;
use flagpole_protocol::spec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Parsing reads a file of samples, and the fuzzer must not open arbitrary files.
    if text.contains("csv") {
        return;
    }
    let Ok(latency) = text.parse::<Latency>() else { return };
    let printed = latency.to_string();
    let again: Latency = printed.parse().expect("a printed latency is parsed");
    assert_eq!(again.to_string(), printed);
    for draw in [0, 1, 1 << 31, 1 << 63, u64::MAX - 1, u64::MAX] {
        let delay = latency.delay(draw);
        assert!(delay <= spec::LONGEST, "{delay:?}");
        assert_eq!(delay, again.delay(draw));
        assert!(!latency.is_zero() || delay.is_zero());
    }
});
