//! One attempt in a result.

use flagpole_protocol::{AttemptRecord, as_micros};
use schemars::JsonSchema;
use serde::Serialize;

/// One attempt. Points in time are microseconds from the start of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttemptView {
    /// The position of its download in the workload, from 1.
    pub download: usize,
    /// The number of this attempt among those of its download, from 1.
    pub attempt: u32,
    /// Why the attempt was made: `first`, `retry`, `hedge`, `redirect`, `metadata`.
    pub kind: &'static str,
    /// The requested path.
    pub resource: String,
    /// The number of this request for the resource, from 1.
    pub n: u64,
    /// The worker that made the attempt, from 1; null if the strategy has no fixed workers.
    pub worker: Option<usize>,
    /// The backoff of the download before this attempt.
    pub backoff_us: u64,
    /// When the attempt was to start.
    pub due_us: u64,
    /// When the request was handed to an open connection; if no connection could be opened, when connecting began.
    pub sent_us: u64,
    /// When the first byte of the response arrived.
    pub first_byte_us: Option<u64>,
    /// When the attempt ended.
    pub done_us: u64,
    /// The label of the outcome: `ok`, `http_500`.
    pub outcome: String,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// The planned delay.
    pub planned_us: Option<u64>,
    /// The planned time from the end of the delay to the last byte.
    pub paced_us: Option<u64>,
    /// The injected fault.
    pub fault: Option<String>,
}

impl From<&AttemptRecord> for AttemptView {
    fn from(record: &AttemptRecord) -> AttemptView {
        let timing = record.timing.as_ref();
        AttemptView {
            download: record.download,
            attempt: record.attempt,
            kind: record.kind.label(),
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
