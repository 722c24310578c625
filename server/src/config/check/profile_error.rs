//! Why a profile cannot be used.

use crate::config::check::violation::Violation;
use crate::config::location::path_segment::KeyPath;
use crate::config::location::source_location::SourceLocation;
use crate::config::location::source_locations::SourceLocations;
use flagpole_protocol::spec::reword_serde_error;
use std::fmt;

/// Why a profile cannot be used, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    location: Option<SourceLocation>,
    reason: String,
}

impl ProfileError {
    /// The error of a text that the TOML parser or serde refuses. An error of the file as a
    /// whole is located at its start.
    pub(crate) fn from_toml(text: &str, error: &toml::de::Error) -> ProfileError {
        let offset = error.span().map_or(0, |span| span.start);
        ProfileError {
            location: Some(SourceLocations::new(text).at(offset)),
            reason: reword_serde_error(error.message()),
        }
    }

    /// The error of a violation in a text.
    pub(crate) fn in_text(text: &str, violation: Violation) -> ProfileError {
        ProfileError {
            location: Some(SourceLocations::new(text).find(&violation.path)),
            reason: violation.reason,
        }
    }

    /// The error of a violation in a value that was not read from a text.
    pub(crate) fn without_text(violation: Violation) -> ProfileError {
        let Violation { path, reason } = violation;
        ProfileError {
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
        match &self.location {
            Some(location) => write!(f, "{location}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for ProfileError {}
