//! What happens to the partial file of a resource after an attempt.

use super::partial_body::PartialBody;

/// What happens to the partial file of a resource after an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PartialUpdate {
    /// It stays as it is, or there is none.
    #[default]
    Unchanged,
    /// It is replaced by this body.
    Replace(PartialBody),
    /// It is removed.
    Remove,
}
