//! Which outcome an error of the system stands for.

use crate::outcome::Outcome;
use std::io::{self, ErrorKind};

/// A connection that could not be made.
pub(super) fn connecting(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        ErrorKind::ConnectionReset => Outcome::Reset,
        _ => Outcome::ConnectFailed(error.to_string()),
    }
}

/// A connection that broke.
pub(super) fn broken(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Outcome::Reset
        }
        _ => Outcome::Lost(error.to_string()),
    }
}
