//! Why a response does not continue a partial body.

use super::partial_body::PartialBody;

/// Why a response does not continue a partial body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A status without content of this resource, such as 503.
    #[error("status {0} cannot continue a body")]
    Status(u16),
    /// 416: the server's body ends before the requested offset.
    #[error("range not satisfiable")]
    Unsatisfiable,
    /// The part belongs to another version, or has no entity tag.
    #[error("the part belongs to another version")]
    Version,
    /// The part is not the requested range, or does not have the length of its range.
    #[error("the part does not start where the local copy ends, or has the wrong length")]
    Range,
    /// The merged body would exceed the limit.
    #[error("the merged body is too large")]
    TooLarge,
    /// Bytes are still missing after the part, which was appended to this new partial body.
    #[error("bytes are missing")]
    Incomplete(PartialBody),
    /// The merged body does not match its digest.
    #[error("the merged body does not match its digest")]
    Corrupt,
    /// The server gave no digest, and the merged body is not a complete GIF.
    #[error("the merged body cannot be verified")]
    Unverifiable,
}

impl MergeError {
    /// Whether the partial body is of no more use, so that the next attempt starts from byte 0.
    pub fn must_restart(&self) -> bool {
        match self {
            MergeError::Status(_) | MergeError::Incomplete(_) => false,
            MergeError::Unsatisfiable
            | MergeError::Version
            | MergeError::Range
            | MergeError::TooLarge
            | MergeError::Corrupt
            | MergeError::Unverifiable => true,
        }
    }
}
