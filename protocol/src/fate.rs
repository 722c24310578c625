//! All that will happen to one answer, decided before it happens.

use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// What will happen to one answer, as data. The default is a clean answer: what the site has, at
/// once and whole.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fate {
    /// How long after the request's head has been parsed the answer starts; whole microseconds.
    pub delay: Duration,
    /// The injected fault: its specification without the probability.
    pub fault: Option<Arc<str>>,
    /// What is answered.
    pub content: ResponseContent,
    /// How fast the answer's bytes follow each other.
    pub pace: Pace,
    /// How the answer ends.
    pub ending: Ending,
}

impl Fate {
    /// Whether nothing is done to the answer.
    pub fn is_clean(&self) -> bool {
        self.delay.is_zero() && self.fault.is_none()
    }

    /// Whether the peer gets to see a status line.
    pub fn shows_a_status(&self) -> bool {
        let ends_before = matches!(
            self.ending,
            Ending::Cut(Offset::BeforeHead) | Ending::Reset(Offset::BeforeHead)
        );
        let is_silent = self.pace == Pace::Pause(Offset::BeforeHead, None);
        !ends_before && !is_silent && self.content != ResponseContent::Garbage
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ResponseContent {
    /// What was asked for.
    #[default]
    Requested,
    /// A status instead.
    Status(Arc<StatusResponse>),
    /// What was asked for with bits flipped; fields and length are those of the true body.
    Corrupt {
        /// How many bits, each at another place; all of them where the body has no more.
        bits: u32,
        /// Where: the places are a function of this and the body's length.
        draw: u64,
    },
    /// Bytes that are not HTTP, in place of the head; there is no body.
    Garbage,
    /// A redirect: to the same path, for ever, or through this many further ones to what was asked
    /// for.
    Redirect(Option<u32>),
}

/// A status instead of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusResponse {
    /// The code, 200 to 999.
    pub code: StatusCode,
    /// The reason phrase, where it is not the usual one.
    pub reason: Option<String>,
    /// The seconds in `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body, where it is not the status by name.
    pub body: Option<String>,
}

/// How fast the bytes of an answer follow each other, from when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pace {
    /// As fast as the connection takes them.
    #[default]
    AtOnce,
    /// The head at once, the body at this number of bytes per second.
    Rate(u64),
    /// The head at once, the body in slices of equal size: the first at once, the last after this
    /// time, the others evenly between.
    Slices(u32, Duration),
    /// The head evenly over this time, the body at once behind it.
    SlowHead(Duration),
    /// Silence at a place, for this time or for ever.
    Pause(Offset, Option<Duration>),
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ending {
    /// With its last byte; the connection lives on.
    #[default]
    Complete,
    /// With a FIN at this place.
    Cut(Offset),
    /// With a RST at this place, once the peer's system has all bytes before it.
    Reset(Offset),
}

/// A place in an answer. At or past the end of the body means: behind the last byte. In an answer
/// without a body every place but the first means: behind the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Before the first byte.
    BeforeHead,
    /// Behind so many bytes of the body.
    Bytes(u64),
    /// Behind so many per cent of the body, 0 to 100, rounded down.
    PerCent(u8),
}
