//! How an attempt ended.

use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::time::Duration;

/// Which timeout an attempt exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeoutKind {
    /// Time to open the connection.
    Connect,
    /// Time to the first byte of the response.
    FirstByte,
    /// Time for the whole attempt: connecting, head and body.
    Total,
    /// Time without a byte of the response after the request was sent.
    Stall,
    /// Time during which fewer body bytes arrived than the speed limit demands.
    Speed,
    /// Time for the whole run.
    Run,
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
    /// 200, or another status that is expected, with a complete, verified body, which was saved if it was to be saved.
    Ok,
    /// 304: the local copy is current.
    NotModified,
    /// 404, which is a result and not a failure.
    NotFound,
    /// Any other status; 200 too, where another status is expected.
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
    /// unreadable, or a GIF without a digest is incomplete.
    Corrupt,
    /// The status is expected, the body is not: it has another digest, or does not contain what it should.
    UnexpectedBody,
    /// The body has this content coding (RFC 9110 section 8.4), which was not requested, and cannot be verified.
    ContentCoding(String),
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
    /// The circuit breaker was open: no request was sent.
    CircuitOpen,
    /// Cancelled because another attempt at the same download was faster: the hedge or the hedged attempt.
    HedgeLost,
    /// The run was cancelled during the attempt.
    Cancelled,
    /// A program under comparison closed the connection before the end of the response, for example because of a
    /// timeout.
    Abandoned,
    /// The run ended before a connection was free for the request, or before its retry was due: no request was sent.
    Unsent,
}

/// What an outcome counts as.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeClass {
    /// Downloaded.
    Ok,
    /// The flag does not exist.
    NotFound,
    /// Every other end of a download.
    #[default]
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

    /// Whether a byte of the request may have reached the server.
    pub fn may_have_arrived(&self) -> bool {
        !matches!(
            self,
            Outcome::ConnectionRefused
                | Outcome::ConnectFailed { .. }
                | Outcome::Timeout(TimeoutKind::Connect, _)
                | Outcome::CircuitOpen
                | Outcome::Unsent
        )
    }

    /// Whether the run ended before the request did, so that its times are lower bounds.
    pub fn is_unfinished(&self) -> bool {
        matches!(self, Outcome::Cancelled | Outcome::Unsent)
    }

    /// What the outcome counts as.
    pub fn class(&self) -> OutcomeClass {
        self.description().0
    }

    /// A fixed name for programs: `http_500`, `incomplete_body`. Their number is small, whatever a server does.
    pub fn label(&self) -> Cow<'static, str> {
        match (self, self.description().1) {
            (Outcome::Http(status), name) => Cow::Owned(format!("{name}_{status}")),
            (_, name) => Cow::Borrowed(name),
        }
    }

    /// The class, the name for programs, and the words for people, which details such as a message follow.
    fn description(&self) -> (OutcomeClass, &'static str, &'static str) {
        use OutcomeClass::{Error, Intermediate};
        match self {
            Outcome::Ok => (OutcomeClass::Ok, "ok", "ok"),
            Outcome::NotModified => (OutcomeClass::Ok, "not_modified", "not modified"),
            Outcome::NotFound => (OutcomeClass::NotFound, "not_found", "not found"),
            Outcome::Http(_) => (Error, "http", ""),
            Outcome::Redirected(_) => (Intermediate, "redirected", ""),
            Outcome::TooManyRedirects => (Error, "too_many_redirects", "too many redirects"),
            Outcome::Timeout(kind, _) => match kind {
                TimeoutKind::Connect => (Error, "timeout_connect", "connect timeout after"),
                TimeoutKind::FirstByte => (Error, "timeout_first_byte", "no first byte within"),
                TimeoutKind::Total => (Error, "timeout", "timed out after"),
                TimeoutKind::Stall => (Error, "timeout_stall", "no byte for"),
                TimeoutKind::Speed => (Error, "timeout_speed", "below the speed limit for"),
                TimeoutKind::Run => (Error, "timeout_run", "the run ended after"),
            },
            Outcome::ConnectionRefused => (Error, "connection_refused", "connection refused"),
            Outcome::ConnectFailed { .. } => (Error, "connect_failed", "cannot connect"),
            Outcome::ConnectionReset => (Error, "connection_reset", "connection reset"),
            Outcome::ConnectionError { .. } => (Error, "connection_error", "connection error"),
            Outcome::EmptyReply => (Error, "empty_reply", "connection closed without a response"),
            Outcome::IncompleteBody => {
                let words = "connection closed before the end of the response";
                (Error, "incomplete_body", words)
            }
            Outcome::Corrupt => (Error, "corrupt", "corrupt body"),
            Outcome::UnexpectedBody => (Error, "unexpected_body", "unexpected body"),
            Outcome::ContentCoding(_) => (Error, "content_coding", "unrequested content coding"),
            Outcome::ProtocolError(_) => (Error, "protocol_error", "protocol error"),
            Outcome::TooLarge => (Error, "too_large", "response too large"),
            Outcome::BadMetadata(_) => (Error, "bad_metadata", "bad metadata"),
            Outcome::WriteFailed { .. } => (Error, "write_failed", "cannot write file"),
            Outcome::CircuitOpen => (Error, "circuit_open", "the circuit breaker is open"),
            Outcome::HedgeLost => {
                let words = "cancelled: another attempt was faster";
                (Intermediate, "hedge_lost", words)
            }
            Outcome::Cancelled => (Error, "cancelled", "cancelled"),
            Outcome::Abandoned => {
                let words = "the program closed the connection before the end of the response";
                (Error, "abandoned", words)
            }
            Outcome::Unsent => (Error, "unsent", "not sent before the run ended"),
        }
    }
}

/// Of an attempt that failed.
impl std::error::Error for Outcome {}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.description().2;
        match self {
            Outcome::Http(status) | Outcome::Redirected(status) => {
                // With its registered phrase, if any; the phrase that the server sent is ignored.
                let known = StatusCode::from_u16(*status).ok();
                match known.and_then(|code| code.canonical_reason()) {
                    Some(phrase) => write!(f, "{status} {phrase}"),
                    None => write!(f, "{status}"),
                }
            }
            Outcome::Timeout(_, limit) => write!(f, "{words} {limit:?}"),
            Outcome::ConnectFailed { message, .. }
            | Outcome::ConnectionError { message }
            | Outcome::ContentCoding(message)
            | Outcome::ProtocolError(message)
            | Outcome::BadMetadata(message)
            | Outcome::WriteFailed { message } => write!(f, "{words}: {message}"),
            _ => f.write_str(words),
        }
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
