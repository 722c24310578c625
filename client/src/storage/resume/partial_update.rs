//! What happens to the partial file of a resource after an attempt.

use super::partial_body::PartialBody;

/// What happens to the partial file of a resource after an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PartialUpdate {
    /// The partial file stays as it is, if there is one.
    #[default]
    Unchanged,
    /// This body replaces the partial file.
    Replace(PartialBody),
    /// The partial file is removed.
    Remove,
}
