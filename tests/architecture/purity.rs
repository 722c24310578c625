//! Modules that only compute: neither they nor their tests use sockets, files, clocks or threads.

use crate::imports::{IMPURE, is_within};
use crate::workspace::crates;

/// Files and folders, without `.rs`.
const PURE: [&str; 14] = [
    "server/src/config",
    "server/src/fate",
    "server/src/http",
    "client/src/policy",
    "client/src/scheduler",
    "client/src/storage/download_dir/file_name",
    "client/src/storage/gif",
    "client/src/storage/verify",
    "client/src/storage/resume",
    "client/src/workload/mod",
    "client/src/workload/arrivals",
    "client/src/workload/closed_source",
    "client/src/workload/open_source",
    "client/src/workload/targets",
];

/// Files and the exact paths that they may use nevertheless.
const EXCEPTIONS: [(&str, &[&str]); 5] = [
    // Reads the bodies of faults before anything is served.
    (
        "server/src/fate/fault/body_file.rs",
        &["std::fs::File", "std::fs::File::open"],
    ),
    ("server/src/fate/fault/status/tests.rs", &["std::fs::write"]),
    // An address is plain data; this one is only parsed.
    ("server/src/http/host.rs", &["std::net::Ipv6Addr"]),
    // Reads measured latencies when a specification is parsed, before anything is served.
    (
        "server/src/fate/latency/samples.rs",
        &["std::fs::File", "std::fs::File::open"],
    ),
    (
        "server/src/fate/latency/samples/tests.rs",
        &["std::fs::write"],
    ),
];

fn is_in(file: &str, place: &str) -> bool {
    let rest = file.strip_prefix(place);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The impure paths in all files, with these files.
fn impure() -> Vec<(String, String)> {
    let used = crates().iter().flat_map(|krate| krate.external(|_| true));
    let is_impure = |(_, path): &(_, _)| IMPURE.iter().any(|prefix| is_within(path, prefix));
    used.filter(is_impure)
        .map(|(file, path)| (file, path.join("::")))
        .collect()
}

#[test]
fn pure_modules_touch_no_socket_clock_or_file() {
    let impure = impure();
    for place in PURE {
        let modules = crates().iter().flat_map(|krate| &krate.modules);
        let exists = modules
            .map(|module| &module.file)
            .any(|file| is_in(file, place));
        assert!(exists, "no source at `{place}`: update the table PURE");
        let here = impure.iter().filter(|(file, _)| is_in(file, place));
        let is_excepted = |(file, path): &&(String, String)| {
            let excepted = EXCEPTIONS.iter().find(|(name, _)| name == file);
            excepted.is_some_and(|(_, paths)| paths.contains(&path.as_str()))
        };
        let found: Vec<_> = here.filter(|usage| !is_excepted(usage)).collect();
        assert!(found.is_empty(), "{place}: {found:?}");
    }
}

#[test]
fn every_exception_is_needed() {
    let impure = impure();
    for (file, path) in EXCEPTIONS
        .iter()
        .flat_map(|(file, paths)| paths.iter().map(move |path| (file, path)))
    {
        let is_used = impure
            .iter()
            .any(|(user, used)| user == file && used == path);
        assert!(
            is_used,
            "{file} does not use {path}: update the table EXCEPTIONS"
        );
    }
}
