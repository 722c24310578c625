//! The identity of a worker: `<host>_<unique>`. The master spreads users over the texts before the first `_`.

use rand::{RngExt as _, rng};

/// Of the host's part: an identity has at most the 255 bytes that ZeroMQ takes, and is part of the name of a file.
const HOST_LIMIT: usize = 64;

/// Of a run's name; the locustfile of flagpole has the same limit.
const RUN_LIMIT: usize = 100;

/// An identity that no other worker has, on this host or elsewhere. Each connection needs a new one: a ZeroMQ router that
/// still holds a lost connection ignores a second one with the same identity.
pub(crate) fn new_identity() -> String {
    let unique: u128 = rng().random();
    let host = host_part(&host_name()).unwrap_or_else(|| "worker".to_owned());
    format!("{host}_{unique:032x}")
}

/// A run's name as it can be part of the name of a file: of letters, digits, `.`, `_` and `-`, the first of them a letter or a
/// digit. Such names stay as they are. `None` if nothing of the name is left.
pub(crate) fn run_name(name: &str) -> Option<String> {
    name_of(name, "._-", RUN_LIMIT)
}

/// The host's name with letters, digits, `.` and `-` only.
fn host_part(name: &str) -> Option<String> {
    name_of(name, ".-", HOST_LIMIT)
}

fn name_of(name: &str, signs: &str, limit: usize) -> Option<String> {
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
    let letters = name.chars();
    let kept = letters.map(|letter| if is_kept(letter) { letter } else { '-' });
    let kept: String = kept
        .skip_while(|letter| !letter.is_ascii_alphanumeric())
        .take(limit)
        .collect();
    (!kept.is_empty()).then_some(kept)
}

#[cfg(unix)]
fn host_name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_the_host_has_no_underscore_and_no_path() {
        let part = |name| host_part(name).unwrap_or_default();
        assert_eq!(part("node_1.example.org"), "node-1.example.org");
        assert_eq!(part("../../etc/x"), "etc-x");
        assert_eq!((part(""), part("..")), (String::new(), String::new()));
        assert_eq!(part(&"x".repeat(300)).len(), HOST_LIMIT);
    }

    #[test]
    fn names_of_runs_stay_if_they_are_names_of_files() {
        let name = |name| run_name(name).unwrap_or_default();
        assert_eq!(name("20261128-171500_2.a"), "20261128-171500_2.a");
        assert_eq!(name("../a b"), "a-b");
        assert_eq!(name(&"x".repeat(100)), "x".repeat(100));
    }

    #[test]
    fn identities_differ() {
        let (one, other) = (new_identity(), new_identity());
        assert_ne!(one, other);
        assert_eq!(one.split('_').count(), 2, "{one}");
        assert_eq!(one.split('_').next(), other.split('_').next());
    }
}
