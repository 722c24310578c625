//! Which outcome an error of ureq stands for.

use ::ureq::Error;
use flagpole_protocol::{Outcome, reason};
use std::fmt;
use std::io::ErrorKind;

/// An outcome as an error, which finds its way through ureq unchanged: ureq takes some errors of the
/// system for the end of a body.
#[derive(Debug)]
struct Broken(Outcome);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Broken {}

/// What ureq is told when an exchange has come to this.
pub(super) fn error(outcome: Outcome) -> Error {
    Error::Other(Box::new(Broken(outcome)))
}

/// What an error of ureq stands for, if so many bytes of an answer came.
pub(super) fn outcome(error: Error, received: u64) -> Outcome {
    match error {
        Error::Other(cause) => match cause.downcast::<Broken>() {
            Ok(broken) => broken.0,
            Err(other) => Outcome::ConnectionError {
                kind: ErrorKind::Other,
                message: reason(&other),
            },
        },
        Error::LargeResponseHeader(..) => Outcome::TooLarge,
        // The end of the connection, before the answer or within it. An end within the size of a
        // chunk is another error.
        Error::Io(_) | Error::BodyStalled if received == 0 => Outcome::EmptyReply,
        Error::Io(_) | Error::BodyStalled => Outcome::IncompleteBody,
        Error::Protocol(error) => Outcome::ProtocolError(reason(&error)),
        other => Outcome::ProtocolError(reason(&other)),
    }
}
