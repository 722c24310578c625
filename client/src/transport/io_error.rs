//! Which outcome an error of the system stands for.

use flagpole_protocol::Outcome;
use std::io::{self, ErrorKind};

/// A connection that could not be made.
pub(crate) fn connecting(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        ErrorKind::ConnectionReset => Outcome::Reset,
        _ => Outcome::ConnectFailed(error.to_string()),
    }
}

/// A connection that broke.
pub(crate) fn broken(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Outcome::Reset
        }
        _ => Outcome::Lost(error.to_string()),
    }
}
