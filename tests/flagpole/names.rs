//! `flagpole get --metadata`: flags named by country, with two requests per flag.

use crate::combos::{CATALOG, Combo, codes, original_body, with_every_combo};
use crate::harness::{CommandOutput, Sandbox};
use crate::servers::server_with;
use flagpole_fixtures::populous;
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use flagpole_server::config::path_glob::PathGlob;
use std::collections::BTreeSet;
use std::fs;

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --metadata --url {} {options}", server.url()))
}

/// Injects this fault into metadata responses.
fn failing_metadata(fault: &str) -> BlockingServer {
    let path: PathGlob = "/flags/*/metadata.json".parse().unwrap();
    let rule = Rule::default().path(path).fault(fault.parse().unwrap());
    BlockingServer::builder().rule(rule).start().unwrap()
}

/// Every file is named `Country_Name--CC.gif` and holds the flag of that code.
fn assert_saved_by_country(sandbox: &Sandbox, expected: &BTreeSet<CountryCode>) {
    let names = sandbox.saved();
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
        let body = fs::read(sandbox.path("downloaded").join(name)).unwrap();
        assert!(body == original_body(Resource::Flag(code)), "{name}");
        code
    });
    assert_eq!(&saved.collect::<BTreeSet<_>>(), expected);
    assert_eq!(names.len(), expected.len());
}

#[test]
fn metadata_names_flags_by_country() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = get(&sandbox, &server, "BR US CI AA");
    output.assert_code(0);
    output.assert_stdout_starts_with("3 flags downloaded\n1 not found\nelapsed");
    let names = [
        "Brazil--BR.gif",
        "Ivory_Coast--CI.gif",
        "United_States--US.gif",
    ];
    assert_eq!(sandbox.saved(), names);
    // AA has no flag, so that its metadata is not requested.
    assert_eq!(server.ledger().requests, 7);
}

#[test]
fn every_flag_is_named_by_its_country() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    get(&sandbox, &server, "--all -m 10");
    assert_saved_by_country(&sandbox, &CATALOG.codes().collect());
}

#[test]
fn flag_and_metadata_requests_share_the_concurrency() {
    with_every_combo(|combo: Combo| {
        let (sandbox, server) = (Sandbox::new(), server_with("5ms", ""));
        let concurrency = if combo.strategy.is_concurrent() { 3 } else { 1 };
        let options = format!("-m {concurrency} {}", combo.options());
        let output = get(&sandbox, &server, &options);
        output.assert_code(0);
        assert_saved_by_country(&sandbox, &populous::TOP_20.into());
        let ledger = server.ledger();
        assert_eq!(
            (ledger.requests, ledger.completed),
            (40, 40),
            "{}",
            combo.name()
        );
        assert!(ledger.peak_concurrency <= concurrency, "{}", combo.name());
    });
}

#[test]
fn flag_without_metadata_is_an_error_and_not_saved() {
    for (fault, reason) in [
        ("404", "bad metadata: there is none\n"),
        ("500", "500 Internal Server Error\n"),
        ("200,body={", "bad metadata: "),
        ("corrupt", "corrupt body\n"),
    ] {
        let (sandbox, server) = (Sandbox::new(), failing_metadata(fault));
        let output = get(&sandbox, &server, "BR US -v");
        assert_eq!(output.code, Some(1), "{fault}: {output}");
        let line = format!("\n*** Error for the metadata of BR: {reason}");
        assert!(output.stderr.contains(&line), "{fault}: {output}");
        let totals = format!("0 flags downloaded\n2 failed: 2 x {reason}");
        assert!(output.stdout.starts_with(&totals), "{fault}: {output}");
        assert_eq!(sandbox.saved(), [""; 0], "{fault}");
    }
}

#[test]
fn metadata_retry_does_not_fetch_the_flag_again() {
    let path: PathGlob = "/flags/*/metadata.json".parse().unwrap();
    let rule = Rule::default()
        .path(path)
        .first(2)
        .fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(rule).start().unwrap();
    let sandbox = Sandbox::new();
    let output = get(&sandbox, &server, "BR US --retries 2 --backoff 1ms..2ms -v");
    output.assert_stdout_contains("\n8 requests (4.00 per flag): 4 retries; ");
    assert_eq!(
        output.stderr.lines().skip(1).count(),
        2,
        "one line per download: {output}"
    );
    assert_saved_by_country(&sandbox, &codes("BR US").into_iter().collect());
}
