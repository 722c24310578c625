//! A line of the journal, the server's log with one line for each request.

use crate::cause::Cause;
use crate::key::FateKey;
use http::Method;
use serde::{Serialize, Serializer};
use serde_with::{As, DurationMicroSecondsWithFrac};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// One request and its response.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// The time from the start of the server to the end of the request's head, in microseconds.
    #[serde(
        rename = "at_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub at: Duration,
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
    /// The number of the request for this key in its run, from 1; `None` if `Flagpole-Run` or `Flagpole-Nth` could not
    /// be read.
    #[serde(rename = "n")]
    pub request_number: Option<u64>,
    /// The rule that decided the fate: its name, or `rule[0]` and so on, or `listener` if no rule matched.
    pub rule: Arc<str>,
    /// Why the response was as it was.
    pub cause: Cause,
    /// The fault that was injected.
    pub fault: Option<Arc<str>>,
    /// The planned delay, in microseconds.
    #[serde(
        rename = "planned_us",
        serialize_with = "As::<DurationMicroSecondsWithFrac>::serialize"
    )]
    pub planned: Duration,
    /// How and where the response was planned to end: `complete`, `cut at byte 700`.
    pub ending: Cow<'static, str>,
    /// The time from when the response was due until its first write returned, in microseconds; `None` without a delay
    /// or without a write.
    #[serde(
        rename = "lateness_us",
        serialize_with = "As::<Option<DurationMicroSecondsWithFrac>>::serialize"
    )]
    pub lateness: Option<Duration>,
    /// The status; `None` if no response was started.
    pub status: Option<u16>,
    /// Whether the response was written to its last byte.
    pub completed: bool,
}

fn method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}
