//! Maps errors of the operating system and of hyper to outcomes. hyper wraps errors in errors, so the whole chain of
//! causes is examined.

use super::response::HEAD_LIMIT;
use flagpole_protocol::{ConnectFailureCause, Outcome, reason};
use rustix::io::Errno;
use std::io::{self, ErrorKind};
use std::{error::Error, iter::successors};

/// The outcome of an attempt whose connection could not be opened.
pub(crate) fn connect_failed(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::ConnectionRefused,
        ErrorKind::ConnectionReset => Outcome::ConnectionReset,
        _ => Outcome::ConnectFailed {
            cause: connect_failure_cause(error),
            message: error.to_string(),
        },
    }
}

/// The outcome of an attempt whose connection broke.
pub(crate) fn connection_broken(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Outcome::ConnectionReset
        }
        _ => Outcome::ConnectionError {
            message: error.to_string(),
        },
    }
}

/// The resource that ran out, by the error number: EMFILE and ENFILE have no stable [`ErrorKind`].
pub fn connect_failure_cause(error: &io::Error) -> ConnectFailureCause {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE | Errno::NFILE) => ConnectFailureCause::OutOfFileDescriptors,
        Some(Errno::ADDRNOTAVAIL) => ConnectFailureCause::OutOfPorts,
        _ => ConnectFailureCause::Other,
    }
}

/// The outcome if no complete head arrived; `received` bytes did.
pub(super) fn head_error(error: &hyper::Error, received: u64) -> Outcome {
    if let Some(outcome) = causes(error).find_map(io_outcome) {
        return outcome;
    }
    let hyper_causes = || causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper_causes().any(hyper::Error::is_parse) {
        // A client cannot tell hyper's error for a head that is too large from other parse errors.
        return if received >= HEAD_LIMIT as u64 {
            Outcome::TooLarge
        } else {
            Outcome::ProtocolError(reason(error))
        };
    }
    match received {
        0 => Outcome::EmptyReply,
        _ if hyper_causes().any(hyper::Error::is_incomplete_message) => Outcome::IncompleteBody,
        _ => Outcome::ProtocolError(reason(error)),
    }
}

/// The outcome if a body is incomplete.
pub(super) fn body_error(error: &hyper::Error) -> Outcome {
    causes(error)
        .find_map(io_outcome)
        .unwrap_or(Outcome::IncompleteBody)
}

/// The outcome of an error of the socket or of the framing of a body.
fn io_outcome(cause: &(dyn Error + 'static)) -> Option<Outcome> {
    let error = cause.downcast_ref::<io::Error>()?;
    match error.kind() {
        // The connection was closed too early: the outcome depends on what had arrived.
        ErrorKind::UnexpectedEof => None,
        // Malformed chunks, or unsolicited bytes.
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Some(Outcome::ProtocolError(reason(error)))
        }
        ErrorKind::FileTooLarge => Some(Outcome::TooLarge),
        _ => Some(connection_broken(error)),
    }
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_failures_name_the_exhausted_resource() {
        for (errno, expected) in [
            (Errno::MFILE, ConnectFailureCause::OutOfFileDescriptors),
            (Errno::NFILE, ConnectFailureCause::OutOfFileDescriptors),
            (Errno::ADDRNOTAVAIL, ConnectFailureCause::OutOfPorts),
            (Errno::HOSTUNREACH, ConnectFailureCause::Other),
        ] {
            let outcome = connect_failed(&errno.into());
            assert!(
                matches!(outcome, Outcome::ConnectFailed { cause, .. } if cause == expected),
                "{outcome:?}"
            );
        }
    }
}
