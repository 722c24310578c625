//! The lines of the journal, the server's log of requests and errors.

use crate::cause::Cause;
use crate::key::FateKey;
use crate::ledger::ResponseEnd;
use crate::rule_name::RuleName;
use http::{HeaderName, Method};
use serde::{Serialize, Serializer};
use serde_with::{As, DurationMicroSeconds, DurationMicroSecondsWithFrac};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A line of the journal; `event` says of which kind it is. A file has two lines for each request, `begin` and `end`; a
/// journal in memory has one, which is `begin` until the request is over.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
#[non_exhaustive]
pub enum JournalEntry {
    /// A request began: its head was parsed and its fate decided. No byte of the response has been written.
    Begin(RequestEntry),
    /// A request is over.
    End {
        /// As in the line `begin`; `ending` is that of the response as it was prepared.
        #[serde(flatten)]
        request: RequestEntry,
        /// What came of it.
        #[serde(flatten)]
        outcome: RequestOutcome,
    },
    /// Something went wrong that belongs to no request.
    Error(ErrorEntry),
    /// Lines are missing here, because the reader of the journal was too slow.
    Dropped {
        /// How many.
        lines: u64,
    },
}

/// A request, as it is known when it begins.
#[derive(Clone, Debug, Serialize)]
pub struct RequestEntry {
    /// The number of the request in the process of the server, from 1. Errors are numbered along with the requests, and so
    /// are all servers of a process.
    pub id: u64,
    /// The time from the start of the server to the end of the request's head, in microseconds.
    #[serde(
        rename = "at_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub at: Duration,
    /// The wall-clock time of the end of the request's head, in microseconds since the Unix epoch.
    #[serde(
        rename = "unix_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    pub unix_time: Duration,
    /// The name of the listener, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<Arc<str>>,
    /// The number of the connection at its listener, from 1.
    pub connection: u64,
    /// The run that the client named.
    pub run: Option<Arc<str>>,
    /// The method.
    #[serde(serialize_with = "method")]
    pub method: Method,
    /// The key of the fate: the normalised path, cut if it is very long.
    pub resource: FateKey,
    /// The path as it was sent, if it differs from the normalised one; cut if it is very long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Box<str>>,
    /// The query of the target, without the question mark; cut if it is very long.
    pub query: Option<Box<str>>,
    /// The number of the request for this key in its run, from 1; `None` if `Flagpole-Run` or `Flagpole-Nth` could not
    /// be read.
    #[serde(rename = "n")]
    pub request_number: Option<u64>,
    /// The rule that decided the fate: its name, or `rule[0]` and so on, or `listener` if no rule matched.
    pub rule: RuleName,
    /// Why the response is as it is.
    pub cause: Cause,
    /// The fault that is injected.
    pub fault: Option<Arc<str>>,
    /// The planned delay, in microseconds.
    #[serde(
        rename = "planned_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub planned: Duration,
    /// How and where the response is planned to end: `complete`, `cut at byte 700`.
    pub ending: Cow<'static, str>,
    /// The chosen fields that the request has, by name. Several fields of a name are joined by `, `; a value is cut if it is
    /// very long.
    #[serde(serialize_with = "fields")]
    pub fields: Vec<(HeaderName, Box<str>)>,
}

/// What came of a request.
#[derive(Clone, Debug, Serialize)]
pub struct RequestOutcome {
    /// The status; `None` if no response was started.
    pub status: Option<u16>,
    /// The bytes of the response that were written, its head included.
    pub bytes: u64,
    /// How the response ended.
    pub end: ResponseEnd,
    /// The time from when the response was due until its first write returned, in microseconds; `None` without a delay
    /// or without a write.
    #[serde(
        rename = "lateness_us",
        serialize_with = "As::<Option<DurationMicroSecondsWithFrac>>::serialize"
    )]
    pub lateness: Option<Duration>,
    /// The time from the end of the request's head until the peer closed its sending side, in microseconds; `None` if it did
    /// not before the end of the response. A response that is written at once is over before the server looks.
    #[serde(
        rename = "peer_closed_us",
        serialize_with = "As::<Option<DurationMicroSecondsWithFrac>>::serialize"
    )]
    pub peer_closed: Option<Duration>,
    /// The time from the end of the request's head to the end of the response, in microseconds.
    #[serde(
        rename = "duration_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub duration: Duration,
}

/// An error that belongs to no request.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorEntry {
    /// See [`RequestEntry::id`].
    pub id: u64,
    /// The time from the start of the server to the error, in microseconds.
    #[serde(
        rename = "at_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub at: Duration,
    /// The wall-clock time, in microseconds since the Unix epoch.
    #[serde(
        rename = "unix_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    pub unix_time: Duration,
    /// The name of the listener, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<Arc<str>>,
    /// The number of the connection at its listener, from 1; `None` if none was accepted.
    pub connection: Option<u64>,
    /// The status of the response to what was no valid request, if there was one.
    pub status: Option<u16>,
    /// A sentence about the error.
    pub error: Box<str>,
    /// How often it happened since the previous line about such an error; above 1 only for errors that come in floods.
    pub count: u64,
}

impl JournalEntry {
    /// The number of the request or of the error.
    pub fn id(&self) -> Option<u64> {
        match self {
            JournalEntry::Begin(request) | JournalEntry::End { request, .. } => Some(request.id),
            JournalEntry::Error(error) => Some(error.id),
            JournalEntry::Dropped { .. } => None,
        }
    }

    /// The request, if the line is about one.
    pub fn request(&self) -> Option<&RequestEntry> {
        match self {
            JournalEntry::Begin(request) | JournalEntry::End { request, .. } => Some(request),
            JournalEntry::Error(_) | JournalEntry::Dropped { .. } => None,
        }
    }

    /// What came of the request, if it is over.
    pub fn outcome(&self) -> Option<&RequestOutcome> {
        match self {
            JournalEntry::End { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// The status of the response; `None` if none was started so far.
    pub fn status(&self) -> Option<u16> {
        match self {
            JournalEntry::End { outcome, .. } => outcome.status,
            JournalEntry::Error(error) => error.status,
            JournalEntry::Begin(_) | JournalEntry::Dropped { .. } => None,
        }
    }
}

fn method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn fields<S: Serializer>(
    fields: &[(HeaderName, Box<str>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name.as_str(), value)))
}
