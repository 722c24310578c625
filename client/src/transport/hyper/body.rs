//! Reads a complete body, up to a limit.

use super::classify;
use super::io_stats::IoStats;
use crate::transport::response::received_body::{ReceivedBody, reserved};
use bytes::{Bytes, BytesMut};
use flagpole_protocol::Outcome;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

/// Reads the complete body and counts its bytes in `received`. A body that is declared too large is rejected
/// before any of it is read, any other body as soon as it is too large.
pub(super) async fn collect(
    mut body: Incoming,
    limit: usize,
    stats: &IoStats,
    received: &mut ReceivedBody,
) -> Result<Bytes, Outcome> {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(Outcome::TooLarge);
    }
    let mut single = Bytes::new();
    let mut joined = BytesMut::new();
    // Polling for the end after all declared bytes would cost as much as the body did.
    while declared != Some(received.bytes)
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| classify::body_error(&error))?;
        // Trailers are not part of the body.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        stats.progressed();
        received.bytes += data.len() as u64;
        if received.bytes > limit as u64 {
            return Err(Outcome::TooLarge);
        }
        if let Some(partial) = &mut received.partial {
            partial.extend_from_slice(&data);
        }
        if declared == Some(data.len() as u64) {
            // Most flags arrive in one piece, which is not copied.
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
