//! The examples that download flags.

use super::{BASIC, RunningExample, run};
use crate::harness::wait_until;
use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The 20 flags of the examples, named by `name`.
fn top_20_flags(name: impl Fn(&Catalog, CountryCode) -> String) -> BTreeMap<String, Vec<u8>> {
    let catalog = Catalog::embedded();
    let named = |code| {
        let flag = catalog.get(Resource::Flag(code)).unwrap();
        (name(&catalog, code), flag.to_vec())
    };
    populous::TOP_20.into_iter().map(named).collect()
}

fn by_code(_: &Catalog, code: CountryCode) -> String {
    format!("{}.gif", code.lower())
}

fn by_country(catalog: &Catalog, code: CountryCode) -> String {
    let country = catalog.country(code).unwrap().country;
    format!("{}--{code}.gif", country.replace(' ', "_"))
}

#[test]
fn basic_downloaders_save_all_twenty_flags() {
    let mut codes = populous::TOP_20;
    codes.sort_unstable();
    let expected = top_20_flags(by_code);
    for name in BASIC {
        let (output, saved) = RunningExample::start(name, &[]).finish();
        output.assert_stdout_starts_with("20 flags downloaded in ");
        assert_eq!(saved, expected, "{name}");
        let mut printed: Vec<_> = output.stderr.lines().collect();
        if name != "flags_sequential" {
            printed.sort_unstable();
        }
        assert_eq!(printed, codes.map(|code| format!("{code} ok")), "{name}");
    }
}

#[test]
fn downloaders_use_their_full_concurrency() {
    for (name, concurrency, last_line) in [
        ("flags_sequential", 1, "0 flags downloaded"),
        ("flags_threads", 20, "0 flags downloaded"),
        ("flags_async", 20, "0 flags downloaded"),
        ("flags_async_semaphore", 5, "Error: 22\n"),
        ("flags_with_country", 5, "Error: 20\n"),
    ] {
        // No response ever ends, so that requests pile up to the concurrency.
        let server = BlockingServer::builder().fault("hang".parse().unwrap());
        let server = server.start().unwrap();
        let example = RunningExample::start(name, &[&server.url()]);
        wait_until("the requests are there", || {
            server.ledger().requests >= concurrency
        });
        // Before the server stops: its end lets the downloaders try once more.
        let ledger = server.ledger();
        server.shutdown(Duration::ZERO);
        assert_eq!(
            (ledger.requests, ledger.completed),
            (concurrency, 0),
            "{name}"
        );
        let (output, saved) = example.finish();
        assert!(output.stdout.contains(last_line), "{name}: {output}");
        assert!(saved.is_empty(), "{name}");
    }
}

#[test]
fn semaphore_prevents_rejections_by_a_concurrency_limit() {
    // The queue takes requests whose predecessor the server has not yet released.
    let server = BlockingServer::builder().latency("20ms".parse().unwrap());
    let server = server
        .concurrency_limit(5.try_into().unwrap(), 10)
        .start()
        .unwrap();
    let out = run("flags_async_semaphore", &[&server.url()]);
    assert_eq!(out, "Ok: 20\nNotFound: 2\n");
}

#[test]
fn errors_name_their_country_and_are_counted() {
    let (output, saved) = RunningExample::start("flags_async_semaphore", &[]).finish();
    let mut lines: Vec<_> = output.stdout.lines().collect();
    let counts = lines.split_off(lines.len() - 3);
    assert_eq!(counts, ["Ok: 16", "NotFound: 2", "Error: 4"], "{output}");
    lines.sort_unstable();
    let failed = ["BD", "ID", "MX", "TR"];
    let error = |code| format!("*** Error for {code}: 503 Service Unavailable");
    assert_eq!(lines, failed.map(error));
    let mut saved_flags = top_20_flags(by_code);
    for code in failed {
        saved_flags.remove(&format!("{}.gif", code.to_lowercase()));
    }
    assert_eq!(saved, saved_flags);
}

#[test]
fn country_name_comes_from_a_second_request() {
    let server = BlockingServer::builder().start().unwrap();
    let (output, saved) = RunningExample::start("flags_with_country", &[&server.url()]).finish();
    let expected = top_20_flags(by_country);
    assert_eq!(saved, expected);
    let (printed, count) = output.stdout.trim_end().rsplit_once('\n').unwrap();
    let printed: BTreeSet<_> = printed.lines().map(str::to_owned).collect();
    assert_eq!(printed, expected.into_keys().collect());
    assert_eq!((count, server.ledger().requests), ("Ok: 20", 40));
}
