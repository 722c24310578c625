//! Reads a whole body, up to a limit.

use super::classify;
use super::io::Probe;
use crate::transport::head::{Received, reserved};
use bytes::{Bytes, BytesMut};
use flagpole_protocol::Outcome;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

/// The whole body; `received` counts its bytes as they come.
///
/// A body that is declared too large is refused before any of it is read, any other one as soon as
/// it has become too large.
pub(super) async fn collect(
    mut body: Incoming,
    limit: usize,
    probe: &Probe,
    received: &mut Received,
) -> Result<Bytes, Outcome> {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(Outcome::TooLarge);
    }
    let mut single = Bytes::new();
    let mut joined = BytesMut::new();
    // Behind as much as was declared there is nothing, and to be told so costs as much as the body did.
    while declared != Some(received.bytes)
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| classify::body(&error))?;
        // Trailers are no part of the body.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        probe.has_come_on();
        received.bytes += data.len() as u64;
        if received.bytes > limit as u64 {
            return Err(Outcome::TooLarge);
        }
        if let Some(begun) = &mut received.begun {
            begun.extend_from_slice(&data);
        }
        if declared == Some(data.len() as u64) {
            // All of it at once, as with most flags: no copy.
            single = data;
            continue;
        }
        if let (true, Some(length)) = (joined.is_empty(), declared) {
            joined.reserve(reserved(length));
        }
        joined.extend_from_slice(&data);
    }
    Ok(if joined.is_empty() {
        single
    } else {
        joined.freeze()
    })
}
