//! How an attempt ended.

use crate::TimeoutKind;
use http::StatusCode;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The most that is kept of a reason, in bytes: some quote what a server sent.
const REASON_MAX: usize = 200;

/// How an attempt ended. `Display` gives the reason that a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200, and the whole, true body; saved, if it was to be saved.
    Ok,
    /// 304: what is there already is still the true one.
    Unchanged,
    /// 404: an answer, not a failure.
    NotFound,
    /// Any other status than 200 and 404.
    Http(u16),
    /// A redirect that was followed: another attempt tells how it went on.
    Redirected(u16),
    /// A redirect behind as many of them as are followed.
    TooManyRedirects,
    /// It took longer than this limit, of this length.
    Timeout(TimeoutKind, Duration),
    /// Nobody listens there.
    Refused,
    /// The connection could not be made for another reason, which the system gave.
    ConnectFailed(String),
    /// The peer reset the connection.
    Reset,
    /// The connection broke for another reason, which the system gave.
    Lost(String),
    /// The connection was closed without a byte of an answer.
    Empty,
    /// The connection was closed within the answer.
    CutShort,
    /// The body is not the one that its `Content-Digest` or `Repr-Digest` belongs to, or that digest
    /// cannot be read; it has a content coding, which nobody asked for; or it has no digest, and is not the
    /// whole GIF that it should be.
    Corrupt,
    /// The answer is not HTTP/1, for the reason given.
    NotHttp(String),
    /// The head or the body is over its limit.
    TooLarge,
    /// The flag is there, but no metadata that names its country, for the reason given.
    BadMetadata(String),
    /// The flag arrived but was not saved, for the reason given.
    Save(String),
    /// Given up because another attempt at the same thing was faster: a hedge, or what it hedged.
    Superseded,
    /// The run was cancelled while the attempt was under way.
    Cancelled,
}

/// The classes in which is counted: the article's three, and one for what is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeClass {
    /// Downloaded.
    Ok,
    /// There is no such flag.
    NotFound,
    /// Everything else that a download can come to.
    Error,
    /// No end of a download and no failure: a redirect that was followed, the loser of a hedge.
    Step,
}

impl Outcome {
    /// What a whole answer with this status amounts to, its body not yet verified.
    pub fn of_status(status: u16) -> Outcome {
        match status {
            200 => Outcome::Ok,
            404 => Outcome::NotFound,
            other => Outcome::Http(other),
        }
    }

    /// The class in which it is counted.
    pub fn class(&self) -> OutcomeClass {
        match self {
            Outcome::Ok | Outcome::Unchanged => OutcomeClass::Ok,
            Outcome::NotFound => OutcomeClass::NotFound,
            Outcome::Redirected(_) | Outcome::Superseded => OutcomeClass::Step,
            Outcome::Http(_)
            | Outcome::TooManyRedirects
            | Outcome::Timeout(..)
            | Outcome::Refused
            | Outcome::ConnectFailed(_)
            | Outcome::Reset
            | Outcome::Lost(_)
            | Outcome::Empty
            | Outcome::CutShort
            | Outcome::Corrupt
            | Outcome::NotHttp(_)
            | Outcome::TooLarge
            | Outcome::BadMetadata(_)
            | Outcome::Save(_)
            | Outcome::Cancelled => OutcomeClass::Error,
        }
    }

    /// A name for machines, which stays the same: `http_500`, `cut_short`. There are few of them,
    /// whatever a server does.
    pub fn label(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Outcome::Ok => "ok",
            Outcome::Unchanged => "unchanged",
            Outcome::NotFound => "not_found",
            Outcome::Http(status) => return Cow::Owned(format!("http_{status}")),
            Outcome::Redirected(_) => "redirected",
            Outcome::TooManyRedirects => "too_many_redirects",
            Outcome::Timeout(TimeoutKind::Connect, _) => "timeout_connect",
            Outcome::Timeout(TimeoutKind::FirstByte, _) => "timeout_first_byte",
            Outcome::Timeout(TimeoutKind::Whole, _) => "timeout",
            Outcome::Refused => "refused",
            Outcome::ConnectFailed(_) => "connect_failed",
            Outcome::Reset => "reset",
            Outcome::Lost(_) => "lost",
            Outcome::Empty => "empty",
            Outcome::CutShort => "cut_short",
            Outcome::Corrupt => "corrupt",
            Outcome::NotHttp(_) => "not_http",
            Outcome::TooLarge => "too_large",
            Outcome::BadMetadata(_) => "bad_metadata",
            Outcome::Save(_) => "save",
            Outcome::Superseded => "superseded",
            Outcome::Cancelled => "cancelled",
        })
    }
}

/// A reason as an outcome keeps it: cut off where it is too long.
pub fn reason(of: &impl fmt::Display) -> String {
    let mut text = of.to_string();
    if text.len() > REASON_MAX {
        let end = (0..=REASON_MAX)
            .rev()
            .find(|&end| text.is_char_boundary(end));
        text.truncate(end.unwrap_or_default());
        text.push_str("...");
    }
    text
}

/// Of an attempt that failed.
impl std::error::Error for Outcome {}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Ok => f.write_str("ok"),
            Outcome::Unchanged => f.write_str("already there"),
            Outcome::NotFound => f.write_str("not found"),
            Outcome::Http(status) | Outcome::Redirected(status) => write_status(*status, f),
            Outcome::TooManyRedirects => f.write_str("too many redirects"),
            Outcome::Timeout(TimeoutKind::Connect, limit) => {
                write!(f, "no connection within {limit:?}")
            }
            Outcome::Timeout(TimeoutKind::FirstByte, limit) => {
                write!(f, "no answer within {limit:?}")
            }
            Outcome::Timeout(TimeoutKind::Whole, limit) => write!(f, "timed out after {limit:?}"),
            Outcome::Refused => f.write_str("connection refused"),
            Outcome::ConnectFailed(reason) => write!(f, "cannot connect: {reason}"),
            Outcome::Reset => f.write_str("connection reset"),
            Outcome::Lost(reason) => write!(f, "connection lost: {reason}"),
            Outcome::Empty => f.write_str("connection closed without an answer"),
            Outcome::CutShort => f.write_str("connection closed within the answer"),
            Outcome::Corrupt => f.write_str("the body is not the true one"),
            Outcome::NotHttp(reason) => write!(f, "not an HTTP answer: {reason}"),
            Outcome::TooLarge => f.write_str("the answer is too large"),
            Outcome::BadMetadata(reason) => write!(f, "bad metadata: {reason}"),
            Outcome::Save(reason) => write!(f, "cannot save: {reason}"),
            Outcome::Superseded => f.write_str("another attempt was faster"),
            Outcome::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// The status with the phrase that its registration gives, if it has one: what the server wrote
/// there is its own affair.
fn write_status(status: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let known = StatusCode::from_u16(status).ok();
    match known.and_then(|code| code.canonical_reason()) {
        Some(phrase) => write!(f, "{status} {phrase}"),
        None => write!(f, "{status}"),
    }
}

impl Serialize for Outcome {
    /// The label.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_as_long_as_a_person_reads() {
        assert_eq!(reason(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(
            reason(&"\u{e9}".repeat(1000)),
            format!("{}...", "\u{e9}".repeat(100))
        );
        assert_eq!(reason(&format!("x{}", "\u{e9}".repeat(1000))).len(), 202);
    }

    #[test]
    fn only_404_is_not_found() {
        assert_eq!(Outcome::of_status(404).class(), OutcomeClass::NotFound);
        for status in [204, 206, 301, 400, 410, 500] {
            assert_eq!(Outcome::of_status(status), Outcome::Http(status));
            assert_eq!(Outcome::of_status(status).class(), OutcomeClass::Error);
        }
    }

    #[test]
    fn a_person_reads_the_reason_and_a_machine_the_label() {
        let teapot = Outcome::Http(418);
        assert_eq!(
            (teapot.to_string(), teapot.label()),
            ("418 I'm a teapot".into(), "http_418".into())
        );
        assert_eq!(Outcome::Http(599).to_string(), "599");
        let late = Outcome::Timeout(TimeoutKind::Whole, Duration::from_secs(2));
        assert_eq!(
            (late.to_string(), late.label()),
            ("timed out after 2s".into(), "timeout".into())
        );
    }
}
