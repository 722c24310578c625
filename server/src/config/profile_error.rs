//! Why a profile cannot be used: the violation of a rule, with the address of its key, and the error for users.

use std::fmt;

/// Why a profile cannot be used: `LINE:COLUMN: ADDRESS: SENTENCE`, or `ADDRESS: SENTENCE` if the profile was not read from
/// a text. The address of the key, such as `rule[0].latency`, is absent if the error is not about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError(pub(super) String);

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProfileError {}

impl ProfileError {
    /// The error with this sentence.
    pub(crate) fn from_display(sentence: impl fmt::Display) -> ProfileError {
        ProfileError(sentence.to_string())
    }
}

impl From<Violation> for ProfileError {
    fn from(Violation { path, reason }: Violation) -> ProfileError {
        if path.is_empty() {
            return ProfileError(reason);
        }
        ProfileError(format!("{}: {reason}", KeyPath(&path)))
    }
}

/// One segment of the address of a key: `rule[2]` has the segments `rule` and `[2]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathSegment {
    Key(String),
    Index(usize),
}

/// An address as text: `listener[0].rule[2].path`.
pub(super) struct KeyPath<'a>(pub(super) &'a [PathSegment]);

impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                PathSegment::Key(name) if index == 0 => f.write_str(name)?,
                PathSegment::Key(name) => write!(f, ".{name}")?,
                PathSegment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// The reason why a value is refused, and the path from the checked value to the key of the refused value.
pub(super) struct Violation {
    pub(super) path: Vec<PathSegment>,
    pub(super) reason: String,
}

impl Violation {
    /// A violation by the checked value as a whole.
    pub(super) fn new(reason: impl Into<String>) -> Violation {
        let (path, reason) = (Vec::new(), reason.into());
        Violation { path, reason }
    }

    /// A violation by the value of a key.
    pub(super) fn at(key: &str, reason: impl Into<String>) -> Violation {
        let (path, reason) = (vec![PathSegment::Key(key.to_owned())], reason.into());
        Violation { path, reason }
    }

    /// Extends the path for an outer value, which has the checked value as element `index` of the list `key`.
    pub(super) fn within(mut self, key: &str, index: usize) -> Violation {
        let outer = [PathSegment::Key(key.to_owned()), PathSegment::Index(index)];
        self.path.splice(0..0, outer);
        self
    }
}

/// Checks that the names of the elements of the list `key` can be shown in one line and differ from each other.
pub(super) fn check_names<'a>(
    key: &str,
    names: impl Iterator<Item = Option<&'a str>>,
) -> Result<(), Violation> {
    let mut earlier = Vec::new();
    for (index, name) in names.enumerate() {
        let Some(name) = name else { continue };
        let is_short = (1..=64).contains(&name.chars().count());
        let reason = if !is_short || name.contains(char::is_control) {
            let got = name.escape_debug();
            format!("expected 1 to 64 printable letters, got `{got}`")
        } else if earlier.contains(&name) {
            format!("name `{name}` is already used by another {key}")
        } else {
            earlier.push(name);
            continue;
        };
        return Err(Violation::at("name", reason).within(key, index));
    }
    Ok(())
}
