//! The programs that download flags.

use super::{BARE, RunningExample, run};
use crate::harness::wait_until;
use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The twenty flags, each under the name that it is to have.
fn twenty(name: impl Fn(&Catalog, CountryCode) -> String) -> BTreeMap<String, Vec<u8>> {
    let catalog = Catalog::embedded();
    let named = |code| {
        let flag = catalog.get(Resource::Flag(code)).unwrap();
        (name(&catalog, code), flag.to_vec())
    };
    populous::TWENTY.into_iter().map(named).collect()
}

fn by_code(_: &Catalog, code: CountryCode) -> String {
    format!("{}.gif", code.lower())
}

fn by_country(catalog: &Catalog, code: CountryCode) -> String {
    let country = catalog.country(code).unwrap().country;
    format!("{}--{code}.gif", country.replace(' ', "_"))
}

#[test]
fn the_bare_downloaders_save_all_twenty_flags() {
    let mut codes = populous::TWENTY;
    codes.sort_unstable();
    let expected = twenty(by_code);
    for name in BARE {
        let (done, saved) = RunningExample::start(name, &[]).finish();
        assert!(done.out.starts_with("20 flags downloaded in "), "{done}");
        assert_eq!(saved, expected, "{name}");
        let mut shown: Vec<_> = done.err.lines().collect();
        if name != "flags_sequential" {
            shown.sort_unstable();
        }
        assert_eq!(shown, codes.map(|code| format!("{code} ok")), "{name}");
    }
}

#[test]
fn as_many_requests_are_in_flight_as_each_downloader_allows() {
    for (name, most, last) in [
        ("flags_sequential", 1, "0 flags downloaded"),
        ("flags_threads", 20, "0 flags downloaded"),
        ("flags_async", 20, "0 flags downloaded"),
        ("flags_async_semaphore", 5, "Error: 22\n"),
        ("flags_with_country", 5, "Error: 20\n"),
    ] {
        // No answer ever comes, so that the requests pile up to what is allowed.
        let server = BlockingServer::builder().fault("hang".parse().unwrap());
        let server = server.start().unwrap();
        let example = RunningExample::start(name, &[&server.url()]);
        wait_until("the requests are there", || {
            server.ledger().requests >= most
        });
        let ledger = server.shutdown(Duration::ZERO);
        assert_eq!((ledger.requests, ledger.completed), (most, 0), "{name}");
        let (done, saved) = example.finish();
        assert!(done.out.contains(last), "{name}: {done}");
        assert!(saved.is_empty(), "{name}");
    }
}

#[test]
fn the_semaphore_keeps_a_server_with_few_seats_from_refusing() {
    // The queue has room for requests whose predecessor the server has not yet put away.
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
    let (done, saved) = RunningExample::start("flags_async_semaphore", &[]).finish();
    let mut lines: Vec<_> = done.out.lines().collect();
    let counts = lines.split_off(lines.len() - 3);
    assert_eq!(counts, ["Ok: 17", "NotFound: 2", "Error: 3"], "{done}");
    // The fates of a seed are the same everywhere.
    lines.sort_unstable();
    let failed = ["FR", "IN", "RU"];
    let error = |code| format!("*** Error for {code}: 503 Service Unavailable");
    assert_eq!(lines, failed.map(error));
    let mut good = twenty(by_code);
    for code in failed {
        good.remove(&format!("{}.gif", code.to_lowercase()));
    }
    assert_eq!(saved, good);
}

#[test]
fn a_flag_takes_its_country_from_a_second_request() {
    let server = BlockingServer::builder().start().unwrap();
    let (done, saved) = RunningExample::start("flags_with_country", &[&server.url()]).finish();
    let expected = twenty(by_country);
    assert_eq!(saved, expected);
    let (shown, count) = done.out.trim_end().rsplit_once('\n').unwrap();
    let shown: BTreeSet<_> = shown.lines().map(str::to_owned).collect();
    assert_eq!(shown, expected.into_keys().collect());
    assert_eq!((count, server.ledger().requests), ("Ok: 20", 40));
}
