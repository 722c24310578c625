//! Any text is a profile that can be served, or is refused with a location.

use crate::raw_connection::{RawConnection, finish, wait_until};
use flagpole_protocol::FateKey;
use flagpole_server::BlockingServer;
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, Profile, RuleSet, Site};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use std::sync::LazyLock;
use std::time::Duration;

/// A key, valid values and invalid values.
type KeyExamples = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const LATENCY: KeyExamples = (
    "latency",
    &[
        "'1ms'",
        "0",
        "'uniform:0..5ms'",
        "'50%:0|50%:lognormal:p50=1ms,p99=9ms,max=1s'",
    ],
    &["'fast'", "5", "'25h'", "'uniform:5ms..1ms'", "[]"],
);
const FAULTS: KeyExamples = (
    "faults",
    &[
        "[503]",
        "['404@50%', 'reset:50%@25%', 'cut:7@25%']",
        "['hang', 'empty@0%']",
        "['redirect:3@10%', 'corrupt:3@10%', 'slow-head:1s@10%', 'garbage@10%']",
        "[]",
    ],
    &["['404@60%', '500@60%']", "'404'", "['404%']", "[true]"],
);
const TOP: &[KeyExamples] = &[
    ("about", &["'a\\b'", "'''\nx'''", "\"é\""], &["7"]),
    (
        "seed",
        &["0", "7", "'18446744073709551615'"],
        &["-1", "1.5"],
    ),
];
const LISTENER: &[KeyExamples] = &[
    ("name", &["'A'", "'B'", "'C'", "'é'"], &["''", "\"\\n\""]),
    ("port", &["0", "8000", "65535"], &["65536", "'80'"]),
    LATENCY,
    FAULTS,
    (
        "concurrency_limit",
        &["1", "1_000_000"],
        &["0", "1000001", "'8'"],
    ),
    ("queue", &["0", "16"], &["-1", "1000001"]),
    ("rate_limit", &["'1/m'", "'100/s'"], &["'0/s'", "100"]),
    (
        "bandwidth",
        &["'1B/s'", "'64KiB/s'"],
        &["'0B/s'", "100", "'1MB'"],
    ),
    (
        "accept_delay",
        &["[]", "['0']", "['2ms', '1s@5s..8s']"],
        &["'1s'", "['1s@5s']", "[1]"],
    ),
    (
        "refuse",
        &["[]", "['5s..8s', '20s..']"],
        &["'5s..8s'", "['8s..5s']", "['5s']"],
    ),
];
const RULE: &[KeyExamples] = &[
    ("name", &["'outage'", "'a, \"b\"'"], &["'\\\u{1}'"]),
    ("method", &["'GET'", "'HEAD'"], &["'get'", "''", "5"]),
    (
        "path",
        &["'/flags/*/*.gif'", "'/**'", "'/flags/b[a-r]/*'"],
        &["'flags'", "'/['", "'/***'"],
    ),
    ("first", &["1", "2"], &["0", "-1", "4294967296"]),
    ("every", &["1", "5"], &["0", "'5'"]),
    (
        "n",
        &["3", "'1..3'", "'..=4'", "'2..'"],
        &["0", "'0..3'", "'3..3'", "'..'"],
    ),
    ("from", &["0", "'1us'", "'1h'"], &["'24h1s'", "5"]),
    ("to", &["'2h'", "'24h'"], &["0", "'-1s'"]),
    ("rule", &[], &["1", "[]"]),
    LATENCY,
    FAULTS,
];

/// A table with some of the keys, and rarely with an invalid value.
fn table(header: &'static str, keys: &'static [KeyExamples]) -> impl Strategy<Value = String> {
    let line = |&(key, good, bad): &KeyExamples| {
        let good = if good.is_empty() { bad } else { good };
        let value = prop_oneof![120 => select(good), 1 => select(bad)];
        let often = if good == bad { 0.01 } else { 0.3 };
        let value = proptest::option::weighted(often, value);
        value.prop_map(move |value| {
            value.map_or(String::new(), |value| format!("{key} = {value}\n"))
        })
    };
    let lines: Vec<_> = keys.iter().map(line).collect();
    lines.prop_map(move |lines| format!("{header}\n{}", lines.concat()))
}

fn profile() -> impl Strategy<Value = String> {
    let rules = proptest::collection::vec(table("[[listener.rule]]", RULE), 0..3);
    let listener = (table("[[listener]]", LISTENER), rules);
    let listener = listener.prop_map(|(listener, rules)| listener + &rules.concat());
    let listeners = proptest::collection::vec(listener, 1..4);
    (table("", TOP), listeners).prop_map(|(top, listeners)| top + &listeners.concat())
}

/// A profile with random edits.
fn mutated() -> impl Strategy<Value = String> {
    let bits = select(vec![
        "", "\n", "[", "]", "'", "\"", "=", "0", "-", "%", "é", "\0", "rule",
    ]);
    let step = (any::<Index>(), 0..4_usize, bits);
    let steps = proptest::collection::vec(step, 1..4);
    (profile(), steps).prop_map(|(text, steps)| {
        steps.into_iter().fold(text, |text, (at, taken, bit)| {
            let letters: Vec<_> = text.chars().collect();
            let at = at.index(letters.len() + 1);
            let after = letters.iter().skip(at + taken);
            letters[..at]
                .iter()
                .copied()
                .chain(bit.chars())
                .chain(after.copied())
                .collect()
        })
    })
}

/// Whether a message begins with a line and a column of the text.
fn has_location(message: &str, text: &str) -> bool {
    let mut numbers = message
        .splitn(3, ':')
        .map(|number| number.parse().unwrap_or(0));
    let (line, column): (usize, usize) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let found = text.split('\n').nth(line.wrapping_sub(1));
    found.is_some_and(|found| (1..=found.chars().count() + 1).contains(&column))
}

fn fates(seed: u64, listener: &Listener) -> Vec<FatePreview> {
    let rulebook = RuleSet::new(seed, listener).unwrap();
    let keys = ["/flags/br/br.gif", "/flags/us/metadata.json", "/nowhere"].map(FateKey::from_path);
    let requests = keys
        .iter()
        .flat_map(|key| (1..7).map(|n| RequestInfo::get(key, n, Duration::from_secs(n))));
    requests
        .map(|request| FatePreview::new(&rulebook, &Site::embedded(), &request))
        .collect()
}

/// Starts the listener, sends one request, and compares the journal entry with the preview.
fn check_served(seed: u64, listener: &Listener) {
    const PATH: &str = "/flags/br/br.gif";
    let builder = BlockingServer::builder()
        .seed(seed)
        .listener(listener.clone());
    let one = std::num::NonZero::<usize>::MIN;
    let server = builder.journal_capacity(1).workers(one).start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_until(|| server.ledger().requests != 0);
    raw.reset();
    let (_, mut requests) = finish(server);
    let (entry, _) = requests.remove(0);
    let rulebook = RuleSet::new(seed, listener).unwrap();
    let planned = FatePreview::new(
        &rulebook,
        &Site::embedded(),
        &RequestInfo::get(&FateKey::from_path(PATH), 1, entry.at),
    );
    assert_eq!(
        (entry.rule, entry.planned, entry.fault, entry.ending),
        (planned.rule, planned.planned, planned.fault, planned.ending),
        "{listener:?}"
    );
}

fn matches_schema(text: &str) -> bool {
    static SCHEMA: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::draft202012::new(&Profile::schema()).unwrap());
    SCHEMA.is_valid(&toml::from_str(text).unwrap())
}

/// The property that every text has.
fn check_text(text: &str) {
    let profile: Profile = match text.parse() {
        Err(error) => {
            let error: flagpole_server::config::profile_error::ProfileError = error;
            return assert!(has_location(&error.to_string(), text), "{error}");
        }
        Ok(profile) => profile,
    };
    assert!(
        matches_schema(text),
        "accepted, but does not match the schema"
    );
    let printed = profile.to_string();
    let again: Profile = printed.parse().unwrap();
    assert_eq!(again.to_string(), printed);
    assert_eq!(again.listeners.len(), profile.listeners.len());
    for (one, other) in profile.listeners.iter().zip(&again.listeners) {
        assert_eq!(fates(profile.seed, one), fates(again.seed, other));
        check_served(profile.seed, one);
    }
}

proptest! {
    #[test]
    fn profile_is_served_or_refused_with_a_location(text in prop_oneof![profile(), mutated()]) {
        check_text(&text);
    }

    #[test]
    fn text_is_refused_with_a_location(text in "(?s).{0,40}") {
        check_text(&text);
    }
}

/// The property tests both cases only if neither is rare among the generated profiles.
#[test]
fn about_half_of_the_generated_profiles_are_valid() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts = (0..200).map(|_| profile().new_tree(&mut runner).unwrap().current());
    let read = texts.filter(|text| text.parse::<Profile>().is_ok()).count();
    assert!((60..=160).contains(&read), "{read} of 200");
}
