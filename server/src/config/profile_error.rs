//! Why a profile cannot be used, and where in its text.

#[cfg(feature = "profiles")]
use super::location::{SourceLocation, SourceLocations};
use super::violation::{KeyPath, Violation};
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
