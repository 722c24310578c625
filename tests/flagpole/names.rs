//! `flagpole get --metadata`: flags by the names of their countries, each for two requests.

use crate::combos::{CATALOG, Combo, codes, in_every_way, truth};
use crate::harness::{CommandOutput, Sandbox};
use crate::servers::mock;
use flagpole_fixtures::populous;
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use flagpole_server::config::path_glob::PathGlob;
use std::collections::BTreeSet;
use std::fs;

fn get(desk: &Sandbox, server: &BlockingServer, words: &str) -> CommandOutput {
    desk.run(&format!("get --metadata --url {} {words}", server.url()))
}

/// A flagpole whose metadata goes wrong in this way.
fn nameless(fault: &str) -> BlockingServer {
    let path: PathGlob = "/flags/*/metadata.json".parse().unwrap();
    let rule = Rule::default().path(path).fault(fault.parse().unwrap());
    BlockingServer::builder().rule(rule).start().unwrap()
}

/// Every file is named after a country, its spaces underscores, and is the flag of the code behind it.
fn assert_named(desk: &Sandbox, expected: &BTreeSet<CountryCode>) {
    let names = desk.saved();
    let saved = names.iter().map(|name| {
        let (country, code) = name
            .strip_suffix(".gif")
            .unwrap()
            .rsplit_once("--")
            .unwrap();
        assert!(
            !country.is_empty() && !country.contains([' ', '/']),
            "{name}"
        );
        let code: CountryCode = code.parse().unwrap();
        let body = fs::read(desk.path("downloaded").join(name)).unwrap();
        assert!(body == truth(Resource::Flag(code)), "{name}");
        code
    });
    assert_eq!(&saved.collect::<BTreeSet<_>>(), expected);
    assert_eq!(names.len(), expected.len());
}

#[test]
fn flags_go_by_the_names_of_their_countries() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    let done = get(&desk, &server, "BR US CI AA");
    assert_eq!(done.code, Some(0), "{done}");
    assert!(
        done.out
            .starts_with("3 flags downloaded\n1 not found\nelapsed"),
        "{done}"
    );
    let names = [
        "Brazil--BR.gif",
        "Ivory_Coast--CI.gif",
        "United_States--US.gif",
    ];
    assert_eq!(desk.saved(), names);
    // Of a flag that does not exist no name is asked for.
    assert_eq!(server.ledger().requests, 7);
}

#[test]
fn every_flag_there_is_has_a_name() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    get(&desk, &server, "--all -m 10");
    assert_named(&desk, &CATALOG.codes().collect());
}

#[test]
fn both_requests_take_a_permit_and_there_are_no_more_at_once() {
    in_every_way(|way: Combo| {
        let (desk, server) = (Sandbox::new(), mock("5ms", ""));
        let lanes = if way.strategy.is_concurrent() { 3 } else { 1 };
        let (strategy, transport) = (way.strategy.name(), way.transport.name());
        let words = format!("-m {lanes} --strategy {strategy} --transport {transport}");
        let done = get(&desk, &server, &words);
        assert_eq!(done.code, Some(0), "{done}");
        assert_named(&desk, &populous::TWENTY.into());
        let ledger = server.ledger();
        assert_eq!(
            (ledger.requests, ledger.completed),
            (40, 40),
            "{}",
            way.name()
        );
        assert!(ledger.peak_concurrency <= lanes, "{}", way.name());
    });
}

#[test]
fn a_flag_whose_name_is_not_to_be_had_is_not_there() {
    for (fault, told) in [
        ("404", "bad metadata: there is none\n"),
        ("500", "500 Internal Server Error\n"),
        ("200,body={", "bad metadata: "),
        ("corrupt", "corrupt body\n"),
    ] {
        let (desk, server) = (Sandbox::new(), nameless(fault));
        let done = get(&desk, &server, "BR US -v");
        assert_eq!(done.code, Some(1), "{fault}: {done}");
        let line = format!("\n*** Error for the metadata of BR: {told}");
        assert!(done.err.contains(&line), "{fault}: {done}");
        let told = format!("0 flags downloaded\n2 errors: 2 x {told}");
        assert!(done.out.starts_with(&told), "{fault}: {done}");
        assert_eq!(desk.saved(), [""; 0], "{fault}");
    }
}

#[test]
fn a_name_is_insisted_on_without_fetching_the_flag_again() {
    let path: PathGlob = "/flags/*/metadata.json".parse().unwrap();
    let rule = Rule::default()
        .path(path)
        .first(2)
        .fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(rule).start().unwrap();
    let desk = Sandbox::new();
    let done = get(&desk, &server, "BR US --retries 2 --backoff 1ms..2ms -v");
    assert!(
        done.out
            .contains("\n8 requests (4.00 per flag): 4 retries; "),
        "{done}"
    );
    assert_eq!(
        done.err.lines().skip(1).count(),
        2,
        "a line for each download: {done}"
    );
    assert_named(&desk, &codes("BR US").into_iter().collect());
}
