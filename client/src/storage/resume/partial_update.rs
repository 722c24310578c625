//! What an attempt decides about the partial file of its resource, which holds the bytes for a resume. Plain data, so
//! that the decision is separate from the access to the disk.

use super::partial_body::PartialBody;

/// The change of a resource's partial file after an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PartialUpdate {
    /// The partial file stays as it is, if there is one: the response had nothing to store.
    #[default]
    Unchanged,
    /// The partial file is replaced by one with this body, from which a later attempt can continue.
    Replace(PartialBody),
    /// The partial file is removed: it cannot be continued, or the complete file is current.
    Remove,
}
