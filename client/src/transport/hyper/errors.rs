//! Maps errors of hyper to outcomes. hyper wraps errors in errors, so the whole chain of causes is examined.

use crate::transport::errors::connection_broken;
use flagpole_protocol::http1::ResponseLimits;
use flagpole_protocol::{Outcome, reason};
use std::io::{self, ErrorKind};
use std::{error::Error, iter::successors};

/// The outcome if no complete head arrived; `received` bytes did.
pub(super) fn head_error(error: &hyper::Error, received: u64) -> Outcome {
    if let Some(outcome) = causes(error).find_map(io_outcome) {
        return outcome;
    }
    let any = |is_kind: fn(&hyper::Error) -> bool| {
        let mut causes = causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>());
        causes.any(is_kind)
    };
    // A client cannot tell hyper's error for a head that is too large from other parse errors.
    let is_large = received >= ResponseLimits::default().head as u64;
    match received {
        _ if any(hyper::Error::is_parse) && is_large => Outcome::TooLarge,
        _ if any(hyper::Error::is_parse) => Outcome::ProtocolError(reason(error)),
        0 => Outcome::EmptyReply,
        _ if any(hyper::Error::is_incomplete_message) => Outcome::IncompleteBody,
        _ => Outcome::ProtocolError(reason(error)),
    }
}

/// The outcome if a body is incomplete.
pub(super) fn body_error(error: &hyper::Error) -> Outcome {
    let outcome = causes(error).find_map(io_outcome);
    outcome.unwrap_or(Outcome::IncompleteBody)
}

/// The outcome of an error of the socket or of the framing of a body.
fn io_outcome(cause: &(dyn Error + 'static)) -> Option<Outcome> {
    let error = cause.downcast_ref::<io::Error>()?;
    match error.kind() {
        // The connection was closed too early: the outcome depends on what had arrived.
        ErrorKind::UnexpectedEof => None,
        // Malformed chunks, or too many bytes without content.
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Some(Outcome::ProtocolError(reason(error)))
        }
        _ => Some(connection_broken(error)),
    }
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |&cause| cause.source())
}
