//! Which outcome an error of the system stands for.

use flagpole_protocol::Outcome;
use std::io::{self, ErrorKind};

/// A connection that could not be made.
pub(crate) fn connecting(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::ConnectionRefused,
        ErrorKind::ConnectionReset => Outcome::ConnectionReset,
        _ => Outcome::ConnectFailed(error.to_string()),
    }
}

/// A connection that broke.
pub(crate) fn broken(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Outcome::ConnectionReset
        }
        _ => Outcome::ConnectionError(error.to_string()),
    }
}
