//! Reads a complete body, up to a limit.

use crate::transport::response::received_body::{ReceivedBody, reserved};
use ::ureq::{Body, Error};
use bytes::Bytes;
use flagpole_protocol::Outcome;
use http::header::TRANSFER_ENCODING;
use http::{Response, Version};
use std::io::{self, Read};

/// A reader that calls `on_data` whenever data of a body arrives.
struct CountedBody<R, F> {
    reader: R,
    on_data: F,
}

impl<R: Read, F: FnMut()> Read for CountedBody<R, F> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let amount = self.reader.read(room)?;
        if amount > 0 {
            (self.on_data)();
        }
        Ok(amount)
    }
}

/// Reads the complete body and counts its bytes in `received`. A body that is declared too large is rejected
/// before any byte is read, any other body as soon as too many bytes have arrived.
pub(super) fn collect(
    body: Body,
    limit: usize,
    received: &mut ReceivedBody,
    on_data: impl FnMut(),
    to_outcome: impl Fn(Error) -> Outcome,
) -> Result<Bytes, Outcome> {
    let declared = body.content_length();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(Outcome::TooLarge);
    }
    let mut whole = Vec::with_capacity(declared.map_or(0, reserved));
    let reader = body.into_reader().take((limit as u64).saturating_add(1));
    let read = CountedBody { reader, on_data }.read_to_end(&mut whole);
    received.bytes = whole.len() as u64;
    if whole.len() > limit {
        return Err(Outcome::TooLarge);
    }
    if let (Err(_), Some(partial)) = (&read, &mut received.partial) {
        partial.extend_from_slice(&whole);
    }
    read.map_err(|error| to_outcome(Error::from(error)))?;
    Ok(Bytes::from(whole))
}

/// Whether the body is chunked. HTTP/1.0 has no transfer codings (RFC 9112 section 6.1).
pub(super) fn is_chunked<B>(response: &Response<B>) -> bool {
    let mut codings = response.headers().get_all(TRANSFER_ENCODING).iter();
    response.version() != Version::HTTP_10
        && codings.any(|coding| {
            let mut names = coding.as_bytes().split(|byte| *byte == b',');
            names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"chunked"))
        })
}
