//! The change of a resource's partial file after an attempt.

use super::partial_body::PartialBody;

/// The change of a resource's partial file after an attempt.
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
