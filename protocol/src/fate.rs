//! All that will happen to one response, as plain data.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;
use std::time::Duration;

/// All that will happen to one response. The default is clean: the requested representation, immediate and complete.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fate {
    /// The time from when the request's head has been parsed to the start of the response; whole microseconds.
    pub delay: Duration,
    /// The injected fault: its specification without the probability, such as `reset:700`.
    pub fault: Option<Arc<str>>,
    /// How the body of the request is read.
    pub request_body: RequestBodyReading,
    /// The interim responses (1xx) before the response.
    pub interim: Option<Arc<InterimResponses>>,
    /// What is sent.
    pub content: ResponseContent,
    /// How the end of the body is marked.
    pub framing: Framing,
    /// How fast the bytes are sent.
    pub pace: Pace,
    /// How the response ends.
    pub ending: Ending,
}

impl Fate {
    /// Whether the response is neither delayed nor changed.
    pub fn is_clean(&self) -> bool {
        self.delay.is_zero() && self.fault.is_none()
    }

    /// Whether the peer receives a status line.
    pub fn sends_status(&self) -> bool {
        let ends_before_head = matches!(
            self.ending,
            Ending::Cut(Offset::BeforeHead) | Ending::Reset(Offset::BeforeHead)
        );
        let is_silent = self.pace == Pace::Pause(Offset::BeforeHead, None);
        !ends_before_head && !is_silent && self.content != ResponseContent::Garbage
    }
}

/// How the body of a request is read; a request without a body is not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RequestBodyReading {
    /// As fast as it arrives, beside the response.
    #[default]
    Immediate,
    /// At this number of bytes per second; the response follows its last byte.
    Rate(u64),
    /// Not at all: the response is sent first, and the connection ends after it.
    Unread,
}

/// Interim responses (RFC 9110 section 15.2) before the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterimResponses {
    /// The status code, 100 to 199 except 101, which ends HTTP on the connection.
    pub code: StatusCode,
    /// How many of them.
    pub count: u32,
    /// The fields of each: name and value.
    pub fields: Vec<(HeaderName, HeaderValue)>,
}

/// How the end of the body is marked (RFC 9112 section 6.3).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Framing {
    /// By a correct `Content-Length`.
    #[default]
    Length,
    /// By a wrong `Content-Length`, or several.
    WrongLength(WrongLength),
    /// By the end of the connection.
    UntilClose,
    /// By chunks.
    Chunked(Arc<Chunking>),
}

impl Framing {
    /// Whether the body is repeated without end.
    pub fn is_endless(&self) -> bool {
        matches!(self, Framing::Chunked(chunking) if chunking.flaw == Some(ChunkFlaw::Endless))
    }
}

/// A `Content-Length` that does not fit the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongLength {
    /// This many bytes more than the body has.
    Longer(u64),
    /// This many bytes fewer than the body has, at least 0.
    Shorter(u64),
    /// Two fields: the correct length, and one byte more.
    Double,
}

/// A body in chunks (RFC 9112 section 7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunking {
    /// The bytes in a chunk, except the last; at least 1.
    pub size: u32,
    /// What is wrong with the chunks, if anything is.
    pub flaw: Option<ChunkFlaw>,
    /// The trailer fields: name and value.
    pub trailers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with a body in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkFlaw {
    /// The connection ends (FIN) in the middle of the data of a chunk.
    Truncated,
    /// A line that should have the size of a chunk has none.
    Malformed,
    /// The body is repeated without end.
    Endless,
    /// The connection ends (FIN) after the data; the chunk that marks the end is missing.
    Unterminated,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ResponseContent {
    /// The requested representation.
    #[default]
    Requested,
    /// Another status instead.
    Status(Arc<StatusResponse>),
    /// The requested representation with flipped bits; fields and length are those of the true body.
    Corrupt {
        /// How many different bits; all of them if the body has no more.
        bits: u32,
        /// A random number that, with the length of the body, determines which bits.
        draw: u64,
    },
    /// Bytes that are not HTTP, in place of the head; there is no body.
    Garbage,
    /// A redirect: through this number of further redirects to the requested resource, or (`None`) to the same path
    /// without end.
    Redirect(Option<u32>),
}

/// A status instead of the requested representation.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StatusResponse {
    /// The status code, 200 to 999.
    pub code: StatusCode,
    /// The reason phrase, if it is not the usual one.
    pub reason: Option<String>,
    /// The value of `Retry-After`.
    pub retry_after: Option<RetryAfter>,
    /// The media type of the body, if it is not that of plain text.
    pub content_type: Option<HeaderValue>,
    /// The body, if it is not the name of the status.
    pub body: Option<Bytes>,
    /// Fields in place of those that the response would have under the same names; a name may occur several times.
    pub fields: Vec<(HeaderName, HeaderValue)>,
}

/// The value of `Retry-After` (RFC 9110 section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// This number of seconds.
    Seconds(u64),
    /// A date this number of seconds after the response, or before it if negative.
    DateFromNow(i64),
    /// A date, in seconds since the Unix epoch.
    Date(u64),
}

/// How fast the bytes of a response are sent, from when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pace {
    /// As fast as the connection takes them.
    #[default]
    Immediate,
    /// The head immediately, the body at this number of bytes per second.
    Rate(u64),
    /// The head immediately, the body in this number of slices of equal size: the first immediately, the last after
    /// this time, the others evenly between.
    Slices(u32, Duration),
    /// The head evenly over this time, then the body immediately.
    SlowHead(Duration),
    /// Silence at this offset, for this time or (`None`) without end.
    Pause(Offset, Option<Duration>),
}

/// How a response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ending {
    /// With its last byte; the connection stays open.
    #[default]
    Complete,
    /// With a FIN at this offset.
    Cut(Offset),
    /// With a RST at this offset, once the peer's system has all bytes before it.
    Reset(Offset),
    /// With its last byte; the connection ends (FIN) as soon as a byte of the next request arrives.
    CutAtNextRequest,
}

/// A position in a response. An offset at or beyond the end of the body is after the last byte; in a response without a
/// body, every offset but `BeforeHead` is after the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Before the first byte.
    BeforeHead,
    /// After this number of bytes of the body.
    Bytes(u64),
    /// After this percentage of the body, 0 to 100, rounded down to bytes.
    Percent(u8),
}
