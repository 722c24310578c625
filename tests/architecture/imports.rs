//! What a crate may import.

use crate::facts::{Crate, Path};
use crate::workspace::crates;

/// Each crate of the workspace and the others of it that it may import.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("flagpole-protocol", &[]),
    ("flagpole-fixtures", &["flagpole-protocol"]),
    (
        "flagpole-server",
        &["flagpole-protocol", "flagpole-fixtures"],
    ),
    (
        "flagpole-client",
        &["flagpole-protocol", "flagpole-fixtures"],
    ),
    ("flagpole-analysis", &["flagpole-protocol"]),
    (
        "flagpole",
        &[
            "flagpole-protocol",
            "flagpole-fixtures",
            "flagpole-server",
            "flagpole-client",
            "flagpole-analysis",
        ],
    ),
];

/// Crates that see neither sockets, files, clocks nor threads.
const PURE: [&str; 2] = ["flagpole-protocol", "flagpole-analysis"];

/// Sockets, files, clocks and threads.
pub(crate) const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "hyper",
    "hyper_util",
    "mio",
    "rustix",
    "socket2",
    "tokio",
];

/// Whether a path is this prefix or goes on after it. A glob import is also all that it may import.
pub(crate) fn is_within(path: &Path, prefix: &str) -> bool {
    let prefix: Vec<_> = prefix.split("::").collect();
    let common = path.iter().zip(&prefix).take_while(|(a, b)| a == b).count();
    common == prefix.len() || (common + 1 == path.len() && path[common] == "*")
}

/// The paths of this crate outside tests that are within one of the prefixes.
fn forbidden(krate: &Crate, prefixes: &[&str]) -> Vec<String> {
    let external = krate.external(|usage| !usage.in_test).into_iter();
    let found = external.filter(|(_, path)| prefixes.iter().any(|prefix| is_within(path, prefix)));
    found
        .map(|(file, path)| format!("{file}: {}", path.join("::")))
        .collect()
}

fn as_path(package: &str) -> String {
    package.replace('-', "_")
}

#[test]
fn crates_import_only_what_the_design_allows() {
    for krate in crates() {
        let allowed = ALLOWED.iter().find(|(name, _)| *name == krate.name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("ALLOWED lacks {}", krate.name));
        let is_forbidden = |name: &&str| *name != krate.name && !allowed.contains(name);
        let others: Vec<_> = ALLOWED
            .iter()
            .map(|(name, _)| *name)
            .filter(is_forbidden)
            .collect();
        let depends: Vec<_> = krate
            .dependencies
            .iter()
            .filter(|name| others.contains(&name.as_str()))
            .collect();
        assert_eq!(depends, [""; 0], "dependencies of {}", krate.name);
        let others: Vec<_> = others.into_iter().map(as_path).collect();
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        assert_eq!(
            forbidden(krate, &others),
            [""; 0],
            "imports of {}",
            krate.name
        );
    }
}

#[test]
fn pure_crates_see_no_socket_file_clock_or_thread() {
    for krate in crates()
        .iter()
        .filter(|krate| PURE.contains(&krate.name.as_str()))
    {
        let is_impure = |name: &&String| IMPURE.contains(&as_path(name).as_str());
        let depends: Vec<_> = krate.dependencies.iter().filter(is_impure).collect();
        assert_eq!(depends, [""; 0], "dependencies of {}", krate.name);
        assert_eq!(
            forbidden(krate, IMPURE),
            [""; 0],
            "imports of {}",
            krate.name
        );
    }
}

#[test]
fn imports_of_other_crates_are_seen() {
    let command = crates()
        .iter()
        .find(|krate| krate.name == "flagpole")
        .unwrap();
    assert!(!forbidden(command, &["flagpole_server"]).is_empty());
    let server = crates()
        .iter()
        .find(|krate| krate.name == "flagpole-server")
        .unwrap();
    for impure in ["std::net", "std::time::Instant::now", "tokio"] {
        assert!(!forbidden(server, &[impure]).is_empty(), "{impure}");
    }
    assert!(server.dependencies.contains(&"tokio".to_owned()));
}
