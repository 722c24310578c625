//! Why a profile cannot be used, and which key is concerned.

#[cfg(feature = "profiles")]
use super::location::{SourceLocation, SourceLocations};
use std::fmt;

/// Why a profile cannot be used, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    #[cfg(feature = "profiles")]
    location: Option<SourceLocation>,
    reason: String,
}

impl ProfileError {
    /// The error of a text that the TOML parser or serde refuses. An error of the file as a
    /// whole is located at its start.
    #[cfg(feature = "profiles")]
    pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> ProfileError {
        let offset = error.span().map_or(0, |span| span.start);
        ProfileError {
            location: Some(SourceLocations::new(text).at(offset)),
            reason: flagpole_protocol::spec::reword_serde_error(error.message()),
        }
    }

    /// The error of a violation in a text.
    #[cfg(feature = "profiles")]
    pub(super) fn in_text(text: &str, violation: Violation) -> ProfileError {
        ProfileError {
            location: Some(SourceLocations::new(text).find(&violation.path)),
            reason: violation.reason,
        }
    }

    /// The error of a violation in a value that was not read from a text.
    pub(super) fn without_text(Violation { path, reason }: Violation) -> ProfileError {
        ProfileError {
            #[cfg(feature = "profiles")]
            location: None,
            reason: if path.is_empty() {
                reason
            } else {
                format!("{}: {reason}", KeyPath(&path))
            },
        }
    }
}

/// `LINE:COLUMN: ADDRESS: SENTENCE`, of which the location prints the first three; without a text `ADDRESS: SENTENCE`.
/// The address of the key, such as `rule[0].latency`, is absent if the error is not about one key.
impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "profiles")]
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ProfileError {}

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
    path: Vec<PathSegment>,
    reason: String,
}

impl Violation {
    /// A violation by the checked value as a whole.
    pub(super) fn new(reason: impl Into<String>) -> Violation {
        let (path, reason) = (Vec::new(), reason.into());
        Violation { path, reason }
    }

    /// A violation by the value of a key.
    pub(super) fn at(key: &str, reason: impl Into<String>) -> Violation {
        let path = vec![PathSegment::Key(key.to_owned())];
        Violation {
            path,
            ..Violation::new(reason)
        }
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
