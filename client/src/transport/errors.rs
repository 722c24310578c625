//! Maps errors of the operating system to outcomes.

use flagpole_protocol::{ConnectFailureCause, Outcome};
use rustix::io::Errno;
use std::io::{self, ErrorKind};

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
