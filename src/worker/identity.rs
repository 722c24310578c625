//! The identity of a worker: `<host>_<unique>`. The master spreads users over the texts before the first `_`.

use rand::{RngExt as _, rng};

/// Of a part, so that an identity has at most the 255 bytes that ZeroMQ takes, and a file can be named so.
const LENGTH_LIMIT: usize = 64;

/// An identity that no other worker has, on this host or elsewhere. Each connection needs a new one: a ZeroMQ router that
/// still holds a lost connection ignores a second one with the same identity.
pub(crate) fn new_identity() -> String {
    let unique: u128 = rng().random();
    let host = name_part(&host_name()).unwrap_or_else(|| "worker".to_owned());
    format!("{host}_{unique:032x}")
}

/// A name with letters, digits, `.` and `-` only, which can be a part of the name of a file; `None` if none of them are in
/// it.
pub(crate) fn name_part(name: &str) -> Option<String> {
    let letters = name.chars().take(LENGTH_LIMIT);
    let part: String = letters
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => letter,
            _ => '-',
        })
        .collect();
    let part = part.trim_matches(['.', '-']);
    (!part.is_empty()).then(|| part.to_owned())
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
    fn part_of_a_name_has_no_underscore_and_no_path() {
        let part = |name| name_part(name).unwrap_or_default();
        assert_eq!(part("node_1.example.org"), "node-1.example.org");
        assert_eq!(part("../../etc/x"), "etc-x");
        assert_eq!((part(""), part("..")), (String::new(), String::new()));
        assert_eq!(part(&"x".repeat(300)).len(), LENGTH_LIMIT);
    }

    #[test]
    fn identities_differ() {
        let (one, other) = (new_identity(), new_identity());
        assert_ne!(one, other);
        assert_eq!(one.split('_').count(), 2, "{one}");
        assert_eq!(one.split('_').next(), other.split('_').next());
    }
}
