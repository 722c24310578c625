//! The record of one attempt, for statistics, record files and the analysis.

use crate::cause::Rejection;
use crate::http::content_digest::ShortDigest;
use crate::http::server_timing::ServerTiming;
use crate::record::outcome::{Outcome, TimeoutKind};
use crate::resource::Resource;
use serde::{Deserialize, Serialize};
use serde_with::{As, DisplayFromStr, DurationMicroSeconds};
use std::time::Duration;

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptKind {
    /// The first attempt of its download.
    First,
    /// The previous attempt failed.
    Retry,
    /// The previous attempt took long.
    Hedge,
    /// The previous attempt was redirected.
    Redirect,
    /// The flag arrived, and its country's name is needed.
    Metadata,
    /// The file had been delivered already; only programs under comparison make such requests.
    Duplicate,
}

impl AttemptKind {
    /// The name in records and results: `first`, `retry`.
    pub const fn label(self) -> &'static str {
        match self {
            AttemptKind::First => "first",
            AttemptKind::Retry => "retry",
            AttemptKind::Hedge => "hedge",
            AttemptKind::Redirect => "redirect",
            AttemptKind::Metadata => "metadata",
            AttemptKind::Duplicate => "duplicate",
        }
    }
}

/// One attempt: one request of a download, and how it ended. Points in time count from the start of the run and are
/// serialised as whole microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The position of its download in the workload, from 1.
    pub download: usize,
    /// The number of this attempt among those of its download, from 1.
    pub attempt: u32,
    /// Why the attempt was made.
    pub kind: AttemptKind,
    /// Whether the attempt ends its download, so that its outcome is the download's.
    pub is_final: bool,
    /// The requested resource; serialised as its path.
    #[serde(with = "As::<DisplayFromStr>")]
    pub resource: Resource,
    /// The number of this request for the resource, from 1; with the resource it determines the fate.
    #[serde(rename = "n")]
    pub request_number: u64,
    /// The worker that made the attempt, from 1; `None` if the strategy has no fixed workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<usize>,
    /// The backoff of the download before this attempt.
    #[serde(rename = "backoff_us", with = "As::<DurationMicroSeconds>")]
    pub backoff: Duration,
    /// When the attempt was to start, whether or not a concurrency slot was free. A first attempt is due at the scheduled
    /// time of its download. Without a schedule (closed workload), it is due at the start of the run, or when the attempt
    /// ended whose slot it takes (with an adaptive limit, when the limit opened the slot). A retry is due after its
    /// backoff, and a hedge after the hedge delay. A redirect hop and metadata are due when the attempt before was done.
    /// So the latency of a download is the time from when its first attempt was due until its final attempt was done.
    #[serde(rename = "due_us", with = "As::<DurationMicroSeconds>")]
    pub due: Duration,
    /// When the first attempt of the download was due.
    #[serde(rename = "first_due_us", with = "As::<DurationMicroSeconds>")]
    pub first_due: Duration,
    /// When the attempt had its concurrency slot and began: when connecting began, or else just before the request was sent.
    #[serde(rename = "started_us", with = "As::<DurationMicroSeconds>")]
    pub started: Duration,
    /// How late the client itself started the attempt: the time from when the attempt was due and a slot was free.
    #[serde(rename = "lateness_us", with = "As::<DurationMicroSeconds>")]
    pub lateness: Duration,
    /// When the request was handed to an open connection; if no connection could be opened, when connecting began.
    #[serde(rename = "sent_us", with = "As::<DurationMicroSeconds>")]
    pub sent: Duration,
    /// Whether an earlier request had used the connection.
    pub reused_connection: bool,
    /// When the first byte of the response arrived.
    #[serde(rename = "first_byte_us", with = "As::<Option<DurationMicroSeconds>>")]
    pub first_byte: Option<Duration>,
    /// When the last byte had arrived and was verified, before it was saved; or when the attempt failed.
    #[serde(rename = "done_us", with = "As::<DurationMicroSeconds>")]
    pub done: Duration,
    /// How the attempt ended; serialised as its label.
    pub outcome: Outcome,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// The digest of the body, if it arrived completely and the run was to digest bodies; serialised as 16 hexadecimal
    /// digits.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "As::<Option<DisplayFromStr>>"
    )]
    pub body_digest: Option<ShortDigest>,
    /// Bytes of bodies that were discarded when this attempt ended: bytes of this attempt that were neither saved nor
    /// retained for a later attempt, and bytes that earlier attempts had retained.
    pub wasted_bytes: u64,
    /// What the server planned and did, from `Server-Timing`. For attempts at flagpole's own server, `flagpole compare`
    /// adds what the field does not say.
    pub timing: Option<ServerTiming>,
}

impl AttemptRecord {
    /// A first and final attempt that was due and ended when the run started and received nothing: the default values
    /// of a record.
    pub const fn new(resource: Resource, outcome: Outcome) -> AttemptRecord {
        AttemptRecord {
            download: 1,
            attempt: 1,
            kind: AttemptKind::First,
            is_final: true,
            resource,
            request_number: 1,
            worker: None,
            backoff: Duration::ZERO,
            due: Duration::ZERO,
            first_due: Duration::ZERO,
            started: Duration::ZERO,
            lateness: Duration::ZERO,
            sent: Duration::ZERO,
            reused_connection: false,
            first_byte: None,
            done: Duration::ZERO,
            outcome,
            status: None,
            bytes: 0,
            body_digest: None,
            wasted_bytes: 0,
            timing: None,
        }
    }

    /// Whether an attempt was made: a download that was never requested has a record, too ([`Outcome::Unsent`]).
    pub fn was_sent(&self) -> bool {
        self.outcome != Outcome::Unsent
    }

    /// The time from when the attempt was due to its end. It includes opening a connection, the wait for a concurrency
    /// slot, and every delay of the client itself.
    pub fn response_time(&self) -> Duration {
        self.done.saturating_sub(self.due)
    }

    /// The time from when the request was sent to the end of the attempt. It includes opening a connection only if none
    /// could be opened.
    pub fn service_time(&self) -> Duration {
        self.done.saturating_sub(self.sent)
    }

    /// Whether a connection was opened for the attempt.
    pub fn opened_connection(&self) -> bool {
        !self.reused_connection && self.outcome.may_have_arrived()
    }

    /// Which limit of the server rejected the request: the server names the limit in `Server-Timing`, as the fault.
    pub fn rejection(&self) -> Option<Rejection> {
        Rejection::from_label(self.timing.as_ref()?.fault.as_deref()?)
    }

    /// Whether this limit of the server rejected the request.
    pub fn rejected_by(&self, limit: Rejection) -> bool {
        self.rejection() == Some(limit)
    }

    /// Whether a limit of the server rejected the attempt. An attempt that timed out in the queue counts as rejected.
    pub fn was_rejected(&self) -> bool {
        let timed_out = matches!(self.outcome, Outcome::Timeout(..));
        self.rejection().is_some() && !timed_out || self.timed_out_in_queue()
    }

    /// Whether the attempt timed out while the server had the request in its queue: no head arrived, although the
    /// planned time of the head is shorter than the timeout.
    pub fn timed_out_in_queue(&self) -> bool {
        let (Outcome::Timeout(kind, limit), Some(timing)) = (&self.outcome, &self.timing) else {
            return false;
        };
        *kind != TimeoutKind::Connect && self.status.is_none() && timing.planned_head() < *limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(outcome: Outcome) -> AttemptRecord {
        AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome)
    }

    #[test]
    fn response_time_counts_from_due_and_service_time_from_sent() {
        let ms = Duration::from_millis;
        let mut record = record(Outcome::Ok);
        (record.due, record.sent, record.done) = (ms(10), ms(30), ms(50));
        assert_eq!(record.response_time(), ms(40));
        assert_eq!(record.service_time(), ms(20));
    }

    #[test]
    fn rejection_is_read_from_server_timing() {
        let mut record = record(Outcome::Http(503));
        assert!(!record.was_rejected());
        record.timing = Some(ServerTiming {
            fault: Some(Rejection::ConcurrencyLimit.label().to_owned()),
            ..ServerTiming::default()
        });
        assert_eq!(record.rejection(), Some(Rejection::ConcurrencyLimit));
        assert!(record.was_rejected());
    }

    #[test]
    fn serialises_microseconds_labels_and_paths() {
        let mut record = record(Outcome::Http(500));
        record.done = Duration::from_millis(50);
        record.timing = Some(ServerTiming {
            planned: Duration::from_millis(20),
            ..ServerTiming::default()
        });
        let json = serde_json::to_value(record).unwrap();
        assert_eq!(json["resource"], "/flags/br/br.gif");
        assert_eq!(json["done_us"], 50_000);
        assert_eq!(json["first_byte_us"], serde_json::Value::Null);
        assert_eq!(json["outcome"], "http_500");
        assert_eq!(json["kind"], "first");
        assert_eq!(json["timing"]["planned_us"], 20_000);
        assert!(json.get("worker").is_none() && json.get("body_digest").is_none());
    }
}
