//! Why an attempt was made.

use serde::Serialize;

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptKind {
    /// The first attempt of its download.
    First,
    /// The previous attempt failed.
    Retry,
    /// The previous attempt took long.
    Hedge,
    /// The previous attempt was redirected.
    Redirect,
    /// The flag arrived, and its country's name is needed.
    Metadata,
}

impl AttemptKind {
    /// The name in records and results: `first`, `retry`.
    pub const fn label(self) -> &'static str {
        match self {
            AttemptKind::First => "first",
            AttemptKind::Retry => "retry",
            AttemptKind::Hedge => "hedge",
            AttemptKind::Redirect => "redirect",
            AttemptKind::Metadata => "metadata",
        }
    }
}
