//! Reads a whole body, up to a limit.

use crate::transport::head::{Received, reserved};
use ::ureq::{Body, Error};
use bytes::Bytes;
use flagpole_protocol::Outcome;
use http::header::TRANSFER_ENCODING;
use http::{Response, Version};
use std::io::{self, Read};

/// Tells of every part of a body that comes.
struct Told<R, F> {
    reader: R,
    tell: F,
}

impl<R: Read, F: FnMut()> Read for Told<R, F> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let amount = self.reader.read(room)?;
        if amount > 0 {
            (self.tell)();
        }
        Ok(amount)
    }
}

/// The whole body; `received` tells how many bytes of it came, `tell` is called whenever some do.
///
/// A body that is declared too large is refused before any of it is read, any other one as soon as
/// it has become too large.
pub(super) fn collect(
    body: Body,
    limit: usize,
    received: &mut Received,
    tell: impl FnMut(),
    blame: impl Fn(Error) -> Outcome,
) -> Result<Bytes, Outcome> {
    let declared = body.content_length();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(Outcome::TooLarge);
    }
    let mut whole = Vec::with_capacity(declared.map_or(0, reserved));
    let reader = body.into_reader().take((limit as u64).saturating_add(1));
    let read = Told { reader, tell }.read_to_end(&mut whole);
    received.bytes = whole.len() as u64;
    if whole.len() > limit {
        return Err(Outcome::TooLarge);
    }
    if let (Err(_), Some(begun)) = (&read, &mut received.begun) {
        begun.extend_from_slice(&whole);
    }
    read.map_err(|error| blame(Error::from(error)))?;
    Ok(Bytes::from(whole))
}

/// Whether the body comes in chunks, of which the last tells that it is the last. HTTP/1.0 knows
/// none (RFC 9112 section 6.1).
pub(super) fn is_chunked<B>(response: &Response<B>) -> bool {
    let mut codings = response.headers().get_all(TRANSFER_ENCODING).iter();
    response.version() != Version::HTTP_10
        && codings.any(|coding| {
            let mut names = coding.as_bytes().split(|byte| *byte == b',');
            names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"chunked"))
        })
}
