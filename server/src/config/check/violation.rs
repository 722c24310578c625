//! A violation: the reason why a value of a profile is refused, and the key of the value.

use crate::config::location::path_segment::PathSegment;

/// The reason why a value is refused, and the path from the checked value to the key of the refused value.
pub(crate) struct Violation {
    pub(crate) path: Vec<PathSegment>,
    pub(crate) reason: String,
}

impl Violation {
    /// A violation by the checked value as a whole.
    pub(crate) fn new(reason: impl Into<String>) -> Violation {
        Violation {
            path: Vec::new(),
            reason: reason.into(),
        }
    }

    /// A violation by the value of a key.
    pub(crate) fn at(key: &str, reason: impl Into<String>) -> Violation {
        Violation {
            path: vec![PathSegment::key(key)],
            ..Violation::new(reason)
        }
    }

    /// Extends the path for an outer value, which has the checked value as element `index` of the list `key`.
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
