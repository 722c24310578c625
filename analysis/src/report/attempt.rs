//! One attempt, as a result file tells it: enough to draw it.

use flagpole_protocol::{AttemptKind, AttemptRecord, as_micros};
use schemars::JsonSchema;
use serde::Serialize;

/// One attempt. Points in time are microseconds from the start of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attempt {
    /// The position of its download in the workload, from 1.
    pub download: usize,
    /// The number of this attempt among those of its download, from 1.
    pub attempt: u32,
    /// Why it was made: `first`, `retry`, `hedge`, `redirect`, `metadata`.
    pub kind: &'static str,
    /// The path asked for.
    pub resource: String,
    /// The number of this request for the resource, from 1.
    pub n: u64,
    /// The worker that made it, from 1; none if the strategy has no fixed workers.
    pub worker: Option<usize>,
    /// How long its download backed off before it.
    pub backoff_us: u64,
    /// When it should have started.
    pub due_us: u64,
    /// When the request was handed to a connection.
    pub sent_us: u64,
    /// When the first byte of the answer had arrived.
    pub first_byte_us: Option<u64>,
    /// When it was over.
    pub done_us: u64,
    /// How it ended, as a label: `ok`, `http_500`.
    pub outcome: String,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// The delay that the server planned.
    pub planned_us: Option<u64>,
    /// How long it planned the bytes to take from then on.
    pub paced_us: Option<u64>,
    /// The fault that struck.
    pub fault: Option<String>,
}

impl From<&AttemptRecord> for Attempt {
    fn from(record: &AttemptRecord) -> Attempt {
        let timing = record.timing.as_ref();
        Attempt {
            download: record.download,
            attempt: record.attempt,
            kind: kind(record.kind),
            resource: record.resource.to_string(),
            n: record.request_number,
            worker: record.worker,
            backoff_us: as_micros(record.backoff),
            due_us: as_micros(record.due),
            sent_us: as_micros(record.sent),
            first_byte_us: record.first_byte.map(as_micros),
            done_us: as_micros(record.done),
            outcome: record.outcome.label().into_owned(),
            status: record.status,
            bytes: record.bytes,
            planned_us: timing.map(|timing| as_micros(timing.planned)),
            paced_us: timing.map(|timing| as_micros(timing.paced)),
            fault: timing.and_then(|timing| timing.fault.clone()),
        }
    }
}

fn kind(kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::First => "first",
        AttemptKind::Retry => "retry",
        AttemptKind::Hedge => "hedge",
        AttemptKind::Redirect => "redirect",
        AttemptKind::Metadata => "metadata",
    }
}
