//! Attempt records as JSON between a trial process and its parent.

use crate::process::error_kind;
use flagpole_protocol::{
    AttemptKind, AttemptRecord, ConnectFailureCause, Outcome, Resource, ServerTiming, TimeoutKind,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::ErrorKind;
use std::time::Duration;

/// An attempt record with all its fields. Its own serialisation, for reports, has only the label of the outcome.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordDto(#[serde(with = "RecordRemote")] pub(super) AttemptRecord);

#[derive(Serialize, Deserialize)]
#[serde(remote = "AttemptRecord")]
struct RecordRemote {
    download: usize,
    attempt: u32,
    #[serde(with = "KindRemote")]
    kind: AttemptKind,
    is_final: bool,
    #[serde(serialize_with = "path", deserialize_with = "resource")]
    resource: Resource,
    request_number: u64,
    worker: Option<usize>,
    backoff: Duration,
    due: Duration,
    sent: Duration,
    reused_connection: bool,
    first_byte: Option<Duration>,
    done: Duration,
    #[serde(with = "OutcomeRemote")]
    outcome: Outcome,
    status: Option<u16>,
    bytes: u64,
    wasted_bytes: u64,
    #[serde(with = "timing")]
    timing: Option<ServerTiming>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AttemptKind")]
enum KindRemote {
    First,
    Retry,
    Hedge,
    Redirect,
    Metadata,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TimeoutKind")]
enum TimeoutKindRemote {
    Connect,
    FirstByte,
    Total,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome")]
enum OutcomeRemote {
    Ok,
    NotModified,
    NotFound,
    Http(u16),
    Redirected(u16),
    TooManyRedirects,
    Timeout(#[serde(with = "TimeoutKindRemote")] TimeoutKind, Duration),
    ConnectionRefused,
    ConnectFailed {
        cause: ConnectFailureCause,
        message: String,
    },
    ConnectionReset,
    ConnectionError {
        #[serde(with = "error_kind")]
        kind: ErrorKind,
        message: String,
    },
    EmptyReply,
    IncompleteBody,
    Corrupt,
    ProtocolError(String),
    TooLarge,
    BadMetadata(String),
    WriteFailed {
        #[serde(with = "error_kind")]
        kind: ErrorKind,
        message: String,
    },
    HedgeLost,
    Cancelled,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ServerTiming")]
struct TimingRemote {
    planned: Duration,
    actual: Duration,
    paced: Duration,
    fault: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn path<S: Serializer>(resource: &Resource, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(resource)
}

fn resource<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Resource, D::Error> {
    let path = String::deserialize(deserializer)?;
    Resource::from_path(&path)
        .ok_or_else(|| D::Error::custom(format!("expected the path of a resource, got `{path}`")))
}

/// Serde of an optional [`ServerTiming`].
mod timing {
    use super::{Deserialize, Deserializer, Serialize, Serializer, ServerTiming, TimingRemote};

    #[derive(Serialize, Deserialize)]
    struct TimingWrapper(#[serde(with = "TimingRemote")] ServerTiming);

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(
        timing: &Option<ServerTiming>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        timing.clone().map(TimingWrapper).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ServerTiming>, D::Error> {
        Ok(Option::<TimingWrapper>::deserialize(deserializer)?.map(|wrapper| wrapper.0))
    }
}
