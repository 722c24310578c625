//! What a connection does at a moment: one request after the other goes through these phases.

use crate::http::wire_image::WireImage;
use crate::net::http1::active_request::ActiveRequest;
use crate::net::http1::closing::Close;
use flagpole_protocol::Fate;
use std::time::Instant;

/// What a connection does at the moment. Times are ticks of the worker, in seconds.
#[derive(Debug)]
pub(super) enum Phase {
    /// Waits for the first byte of a request.
    Idle { since: u64 },
    /// Receives the head of a request.
    Head { since: u64 },
    /// A response is delayed, queued or prepared.
    Waiting(Exchange),
    /// The bytes of a response are written; or they were, and the connection is silent before it takes the next request
    /// (`hang:100%`).
    Writing(Exchange, WritePhase),
    /// The response is complete; the rest of the request's body is read and discarded.
    Discarding { since: u64 },
    /// The response is complete; the next byte of the peer ends the connection (`stale:next`).
    Stale { since: u64 },
    /// Nothing more is served; says how the connection ends.
    Ended(Close),
}

/// A request and its response, until the response is complete.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// `None` if the request is in no count, or counted as ended.
    pub(super) request: Option<ActiveRequest>,
    /// The tick when the last piece of the request's body arrived, until the body has been read to its end.
    pub(super) body_since: Option<u64>,
    /// Whether the response waits for the body of the request.
    pub(super) needs_body: bool,
}

/// How far the writing of a response is.
#[derive(Debug, Default)]
pub(super) struct WritePhase {
    /// The due time of a delayed response until its first byte is written.
    pub(super) due: Option<Instant>,
    /// How the bytes are written, until the stream takes it; `None` if all are written immediately.
    pub(super) plan: Option<Box<WritePlan>>,
    /// Whether the stream follows a plan, so that the response may take a while.
    pub(super) is_planned: bool,
    /// Whether hyper has taken the whole response into its buffer.
    pub(super) body_consumed: bool,
    /// Whether the next request on the connection ends it.
    pub(super) is_last: bool,
    /// The tick since when the peer has read nothing.
    pub(super) blocked_since: Option<u64>,
}

/// What the stream needs to write a response: its bytes, if they are not those that hyper writes, and which of them may be
/// written when.
#[derive(Debug)]
pub(crate) struct WritePlan {
    /// All that will happen to the response.
    pub(crate) fate: Fate,
    /// The bytes in place of those that hyper writes.
    pub(crate) image: Option<WireImage>,
    /// Length of the body in bytes, as hyper writes it.
    pub(crate) body_length: u64,
    /// When the schedule begins.
    pub(crate) due: Instant,
}
