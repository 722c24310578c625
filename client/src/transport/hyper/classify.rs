//! Which outcome an error of the system or of hyper stands for. hyper wraps errors in errors, so the
//! whole chain of causes is looked at.

use crate::transport::{HEAD_LIMIT, io_error};
use flagpole_protocol::{Outcome, reason};
use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

/// An answer whose head did not come; `received` bytes of it did.
pub(super) fn answer(error: &hyper::Error, received: u64) -> Outcome {
    if let Some(outcome) = causes(error).find_map(broken) {
        return outcome;
    }
    let says = |what: fn(&hyper::Error) -> bool| causes_of_hyper(error).any(what);
    if says(hyper::Error::is_parse) {
        // hyper's error for a head that is too large cannot be told from others by a client.
        return if received >= HEAD_LIMIT as u64 {
            Outcome::TooLarge
        } else {
            Outcome::ProtocolError(reason(error))
        };
    }
    match received {
        0 => Outcome::EmptyReply,
        _ if says(hyper::Error::is_incomplete_message) => Outcome::IncompleteBody,
        _ => Outcome::ProtocolError(reason(error)),
    }
}

/// A body that broke off.
pub(super) fn body(error: &hyper::Error) -> Outcome {
    causes(error)
        .find_map(broken)
        .unwrap_or(Outcome::IncompleteBody)
}

/// What an error of the socket, or of the framing of a body, stands for.
fn broken(cause: &(dyn Error + 'static)) -> Option<Outcome> {
    let error = cause.downcast_ref::<io::Error>()?;
    match error.kind() {
        // An end that came too soon: what that means depends on what was there before it.
        ErrorKind::UnexpectedEof => None,
        // Chunks that are none, or bytes that nobody asked for.
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Some(Outcome::ProtocolError(reason(error)))
        }
        ErrorKind::FileTooLarge => Some(Outcome::TooLarge),
        _ => Some(io_error::connection_broken(error)),
    }
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |&cause| cause.source())
}

fn causes_of_hyper(error: &hyper::Error) -> impl Iterator<Item = &hyper::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref())
}
