//! How an attempt ended.

use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The maximum length of a reason, in bytes: some reasons quote what a server sent.
const REASON_MAX: usize = 200;

/// Which timeout an attempt exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeoutKind {
    /// Time to open the connection.
    Connect,
    /// Time to the first byte of the response.
    FirstByte,
    /// Time for the whole attempt: connecting, head and body.
    Total,
}

/// Why a connection could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectFailureCause {
    /// The limit on open files of the process or of the system was reached (EMFILE, ENFILE).
    OutOfFileDescriptors,
    /// No local port was free, or the address is not available (EADDRNOTAVAIL).
    OutOfPorts,
    /// Any other error.
    Other,
}

/// How an attempt ended. `Display` gives the reason for people, [`label`](Outcome::label) the name for programs. Text
/// formats such as JSON have only the label; a binary format has everything and can be read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Outcome {
    /// 200 with a complete, verified body, which was saved if it was to be saved.
    Ok,
    /// 304: the local copy is current.
    NotModified,
    /// 404, which is a result and not a failure.
    NotFound,
    /// Any status other than 200 and 404.
    Http(u16),
    /// A redirect that was followed by another attempt.
    Redirected(u16),
    /// A redirect that was not followed, because the maximum number in a row had been followed.
    TooManyRedirects,
    /// The attempt exceeded this timeout, which has this length.
    Timeout(TimeoutKind, Duration),
    /// The peer refused the connection.
    ConnectionRefused,
    /// The connection could not be opened for another reason.
    ConnectFailed {
        /// The resource that ran out, if one did.
        cause: ConnectFailureCause,
        /// The error message of the operating system.
        message: String,
    },
    /// The peer reset the connection.
    ConnectionReset,
    /// The connection broke for another reason than a reset.
    ConnectionError {
        /// The error message of the operating system.
        message: String,
    },
    /// The peer closed the connection without sending a byte of a response.
    EmptyReply,
    /// The peer closed the connection before the end of the response.
    IncompleteBody,
    /// Verification of the body failed: it does not match its `Content-Digest` or `Repr-Digest`, the digest is
    /// unreadable, the content coding was not requested, or a GIF without a digest is incomplete.
    Corrupt,
    /// The response is not HTTP/1, for this reason.
    ProtocolError(String),
    /// The head or the body exceeds its limit.
    TooLarge,
    /// The flag arrived, but no metadata that names its country, for this reason.
    BadMetadata(String),
    /// The flag arrived but could not be written to disk.
    WriteFailed {
        /// The error message of the operating system.
        message: String,
    },
    /// Cancelled because another attempt at the same download was faster: the hedge or the hedged attempt.
    HedgeLost,
    /// The run was cancelled during the attempt.
    Cancelled,
}

/// What an outcome counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeClass {
    /// Downloaded.
    Ok,
    /// The flag does not exist.
    NotFound,
    /// Every other end of a download.
    Error,
    /// Neither an end of a download nor a failure: a redirect that was followed, the loser of a hedge.
    Intermediate,
}

impl Outcome {
    /// The outcome of a complete response with this status, before its body is verified.
    pub fn from_status(status: u16) -> Outcome {
        match status {
            200 => Outcome::Ok,
            404 => Outcome::NotFound,
            other => Outcome::Http(other),
        }
    }

    /// What the outcome counts as.
    pub fn class(&self) -> OutcomeClass {
        match self {
            Outcome::Ok | Outcome::NotModified => OutcomeClass::Ok,
            Outcome::NotFound => OutcomeClass::NotFound,
            Outcome::Redirected(_) | Outcome::HedgeLost => OutcomeClass::Intermediate,
            Outcome::Http(_)
            | Outcome::TooManyRedirects
            | Outcome::Timeout(..)
            | Outcome::ConnectionRefused
            | Outcome::ConnectFailed { .. }
            | Outcome::ConnectionReset
            | Outcome::ConnectionError { .. }
            | Outcome::EmptyReply
            | Outcome::IncompleteBody
            | Outcome::Corrupt
            | Outcome::ProtocolError(_)
            | Outcome::TooLarge
            | Outcome::BadMetadata(_)
            | Outcome::WriteFailed { .. }
            | Outcome::Cancelled => OutcomeClass::Error,
        }
    }

    /// A fixed name for programs: `http_500`, `incomplete_body`. Their number is small, whatever a server does.
    pub fn label(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Outcome::Ok => "ok",
            Outcome::NotModified => "not_modified",
            Outcome::NotFound => "not_found",
            Outcome::Http(status) => return Cow::Owned(format!("http_{status}")),
            Outcome::Redirected(_) => "redirected",
            Outcome::TooManyRedirects => "too_many_redirects",
            Outcome::Timeout(TimeoutKind::Connect, _) => "timeout_connect",
            Outcome::Timeout(TimeoutKind::FirstByte, _) => "timeout_first_byte",
            Outcome::Timeout(TimeoutKind::Total, _) => "timeout",
            Outcome::ConnectionRefused => "connection_refused",
            Outcome::ConnectFailed { .. } => "connect_failed",
            Outcome::ConnectionReset => "connection_reset",
            Outcome::ConnectionError { .. } => "connection_error",
            Outcome::EmptyReply => "empty_reply",
            Outcome::IncompleteBody => "incomplete_body",
            Outcome::Corrupt => "corrupt",
            Outcome::ProtocolError(_) => "protocol_error",
            Outcome::TooLarge => "too_large",
            Outcome::BadMetadata(_) => "bad_metadata",
            Outcome::WriteFailed { .. } => "write_failed",
            Outcome::HedgeLost => "hedge_lost",
            Outcome::Cancelled => "cancelled",
        })
    }
}

/// The text of an error, shortened to at most 200 bytes and `...`.
pub fn reason(error: &impl fmt::Display) -> String {
    let mut text = error.to_string();
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
            Outcome::NotModified => f.write_str("not modified"),
            Outcome::NotFound => f.write_str("not found"),
            Outcome::Http(status) | Outcome::Redirected(status) => write_status(*status, f),
            Outcome::TooManyRedirects => f.write_str("too many redirects"),
            Outcome::Timeout(TimeoutKind::Connect, limit) => {
                write!(f, "connect timeout after {limit:?}")
            }
            Outcome::Timeout(TimeoutKind::FirstByte, limit) => {
                write!(f, "no first byte within {limit:?}")
            }
            Outcome::Timeout(TimeoutKind::Total, limit) => write!(f, "timed out after {limit:?}"),
            Outcome::ConnectionRefused => f.write_str("connection refused"),
            Outcome::ConnectFailed { message, .. } => write!(f, "cannot connect: {message}"),
            Outcome::ConnectionReset => f.write_str("connection reset"),
            Outcome::ConnectionError { message, .. } => write!(f, "connection error: {message}"),
            Outcome::EmptyReply => f.write_str("connection closed without a response"),
            Outcome::IncompleteBody => {
                f.write_str("connection closed before the end of the response")
            }
            Outcome::Corrupt => f.write_str("corrupt body"),
            Outcome::ProtocolError(reason) => write!(f, "protocol error: {reason}"),
            Outcome::TooLarge => f.write_str("response too large"),
            Outcome::BadMetadata(reason) => write!(f, "bad metadata: {reason}"),
            Outcome::WriteFailed { message, .. } => write!(f, "cannot write file: {message}"),
            Outcome::HedgeLost => f.write_str("cancelled: another attempt was faster"),
            Outcome::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// Writes the status with its registered phrase, if any; the phrase that the server sent is ignored.
fn write_status(status: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let known = StatusCode::from_u16(status).ok();
    match known.and_then(|code| code.canonical_reason()) {
        Some(phrase) => write!(f, "{status} {phrase}"),
        None => write!(f, "{status}"),
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(&self.label());
        }
        // The derived function, which has everything.
        Outcome::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Outcome::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reasons_are_truncated() {
        assert_eq!(reason(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(
            reason(&"\u{e9}".repeat(1000)),
            format!("{}...", "\u{e9}".repeat(100))
        );
        assert_eq!(reason(&format!("x{}", "\u{e9}".repeat(1000))).len(), 202);
    }

    #[test]
    fn only_404_is_not_found() {
        assert_eq!(Outcome::from_status(404).class(), OutcomeClass::NotFound);
        for status in [204, 206, 301, 400, 410, 500] {
            assert_eq!(Outcome::from_status(status), Outcome::Http(status));
            assert_eq!(Outcome::from_status(status).class(), OutcomeClass::Error);
        }
    }

    #[test]
    fn display_is_the_reason_and_label_is_the_name() {
        let teapot = Outcome::Http(418);
        assert_eq!(
            (teapot.to_string(), teapot.label()),
            ("418 I'm a teapot".into(), "http_418".into())
        );
        assert_eq!(Outcome::Http(599).to_string(), "599");
        let late = Outcome::Timeout(TimeoutKind::Total, Duration::from_secs(2));
        assert_eq!(
            (late.to_string(), late.label()),
            ("timed out after 2s".into(), "timeout".into())
        );
    }
}
