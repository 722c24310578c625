//! What is wrong with a value, and under which key.

use super::path_segment::PathSegment;

/// A sentence, and the path to the key that it is about, from the value that is checked.
pub(crate) struct Violation {
    pub(crate) path: Vec<PathSegment>,
    pub(crate) reason: String,
}

impl Violation {
    /// Of a value as a whole.
    pub(crate) fn new(reason: impl Into<String>) -> Violation {
        Violation {
            path: Vec::new(),
            reason: reason.into(),
        }
    }

    /// Of one of its keys.
    pub(crate) fn at(key: &str, reason: impl Into<String>) -> Violation {
        Violation {
            path: vec![PathSegment::key(key)],
            ..Violation::new(reason)
        }
    }

    /// The same, seen from the value that has the checked one as element `index` of the list `key`.
    pub(crate) fn within(self, key: &str, index: usize) -> Violation {
        let outer = vec![PathSegment::key(key), PathSegment::Index(index)];
        Violation {
            path: [outer, self.path].concat(),
            ..self
        }
    }
}

/// Checks that a name can be shown in one line.
pub(crate) fn check_name(name: Option<&str>) -> Result<(), Violation> {
    let is_printable =
        |name: &&str| (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    match name {
        Some(name) if !is_printable(&name) => {
            let got = name.escape_debug();
            let reason = format!("expected 1 to 64 printable letters, got `{got}`");
            Err(Violation::at("name", reason))
        }
        _ => Ok(()),
    }
}
