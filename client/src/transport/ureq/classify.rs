//! Maps errors of ureq to outcomes.

use ::ureq::Error;
use flagpole_protocol::{Outcome, reason};
use std::fmt;

/// An outcome as an error that ureq returns unchanged. Some errors of the operating system would be taken by ureq for
/// the end of a body.
#[derive(Debug)]
struct OutcomeError(Outcome);

impl fmt::Display for OutcomeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for OutcomeError {}

/// The error by which the socket gives an outcome to ureq.
pub(super) fn error(outcome: Outcome) -> Error {
    Error::Other(Box::new(OutcomeError(outcome)))
}

/// The outcome of an error of ureq, if this many bytes of a response arrived.
pub(super) fn outcome(error: Error, received: u64) -> Outcome {
    match error {
        Error::Other(cause) => match cause.downcast::<OutcomeError>() {
            Ok(error) => error.0,
            Err(other) => Outcome::ConnectionError {
                message: reason(&other),
            },
        },
        Error::LargeResponseHeader(..) => Outcome::TooLarge,
        // The connection was closed before or within the response. A close within a chunk size is a protocol
        // error.
        Error::Io(_) | Error::BodyStalled if received == 0 => Outcome::EmptyReply,
        Error::Io(_) | Error::BodyStalled => Outcome::IncompleteBody,
        Error::Protocol(error) => Outcome::ProtocolError(reason(&error)),
        other => Outcome::ProtocolError(reason(&other)),
    }
}
