//! Why a response cannot be decoded.

use std::fmt::{self, Display};

/// Why a response cannot be decoded. The connection cannot serve another request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The response violates RFC 9112, or has too much framing; for this reason.
    Malformed(String),
    /// The head has too many bytes or fields.
    HeadTooLarge,
    /// The content is or will be too long.
    BodyTooLarge,
    /// The connection ended before the end of the response.
    Incomplete,
}

impl DecodeError {
    pub(super) fn malformed(reason: impl Into<String>) -> DecodeError {
        DecodeError::Malformed(reason.into())
    }
}

impl Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Malformed(reason) => f.write_str(reason),
            DecodeError::HeadTooLarge => f.write_str("the head of the response is too large"),
            DecodeError::BodyTooLarge => f.write_str("the body of the response is too large"),
            DecodeError::Incomplete => {
                f.write_str("the connection ended before the end of the response")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
