//! Profiles: parsing never panics, errors give a position in the text, and what is parsed prints back to a profile with
//! the same fates.

#![no_main]

use flagpole_protocol::FateKey;
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, Profile, RuleSet, Site};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fn fates(seed: u64, listener: &Listener) -> Vec<FatePreview> {
    let rule_set = RuleSet::new(seed, listener).expect("the probabilities of a parsed profile are at most 100%");
    let preview = |(key, request_number): (&FateKey, u64)| {
        let elapsed = Duration::from_secs(request_number);
        let request = RequestInfo::get(key, request_number, elapsed);
        FatePreview::new(&rule_set, &Site::embedded(), &request)
    };
    let keys = ["/flags/br/br.gif", "/flags/us/metadata.json", "/nowhere"].map(FateKey::from_path);
    keys.iter().flat_map(|key| (1..7).map(move |n| (key, n))).map(preview).collect()
}

/// Whether a message begins with a line and a column of the text.
fn has_position(message: &str, text: &str) -> bool {
    let mut numbers = message.splitn(3, ':').map(str::parse::<usize>);
    let (Some(Ok(line)), Some(Ok(column))) = (numbers.next(), numbers.next()) else { return false };
    let letters = text.split('\n').nth(line.wrapping_sub(1)).map(|line| line.chars().count());
    letters.is_some_and(|letters| (1..=letters + 1).contains(&column))
}

fuzz_target!(|text: &str| {
    // Parsing reads a file of samples, a rule set the file of a body, and the fuzzer must not open arbitrary files.
    if text.contains("csv") || text.contains("body-file") {
        return;
    }
    let profile: Profile = match text.parse::<Profile>() {
        Ok(profile) => profile,
        Err(error) => return assert!(has_position(&error.to_string(), text), "{error}"),
    };
    let printed = profile.to_string();
    let again: Profile = printed.parse().expect("a printed profile is parsed");
    assert_eq!(again.to_string(), printed);
    assert_eq!(again.listeners.len(), profile.listeners.len());
    for (one, other) in profile.listeners.iter().zip(&again.listeners).take(3) {
        assert_eq!(fates(profile.seed, one), fates(again.seed, other));
    }
});
