//! No import cycle between files, nor between neighbouring folders. Cycles through test code do not count.

use crate::facts::Crate;
use crate::graph::{Arrows, between_folders, cycles, describe};
use crate::workspace::crates;
use std::fmt::Write;

/// Fewer arrows in a crate of many files mean that the resolver sees nothing.
const MIN_ARROWS: usize = 20;

/// Folders that may import their importers. The rules of a listener are compiled from the configuration, which
/// holds the latencies and faults that it has parsed.
const MUTUAL: [(&str, &str); 1] = [("server/src/fate", "server/src/config")];

fn arrows(krate: &Crate) -> Arrows {
    krate.arrows(|usage| !usage.in_test)
}

fn all_cycles(arrows: impl Fn(&Crate) -> Arrows) -> String {
    let mut found = String::new();
    for krate in crates() {
        for cycle in cycles(&arrows(krate)) {
            let _ = writeln!(found, "cycle in {}:\n{}", krate.name, describe(&cycle));
        }
    }
    found
}

#[test]
fn no_import_cycle_between_files() {
    let found = all_cycles(arrows);
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn no_import_cycle_between_folders() {
    let found = all_cycles(|krate| {
        let mut arrows = between_folders(&arrows(krate));
        arrows.retain(|(from, to), _| !MUTUAL.contains(&(from.as_str(), to.as_str())));
        arrows
    });
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn server_and_client_have_arrows() {
    for name in ["flagpole-server", "flagpole-client"] {
        let krate = crates().iter().find(|krate| krate.name == name).unwrap();
        assert!(arrows(krate).len() > MIN_ARROWS, "{name}");
    }
}

#[test]
fn every_path_into_its_own_crate_is_resolved() {
    let mut unresolved = Vec::new();
    for krate in crates() {
        for (from, usage) in krate.usages() {
            if krate.resolve(from, &usage.path).is_empty() && usage.path[0] != "Self" {
                unresolved.push(format!(
                    "{}: {}",
                    krate.modules[from].file,
                    usage.path.join("::")
                ));
            }
        }
    }
    assert_eq!(unresolved, [""; 0]);
}
