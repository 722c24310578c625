//! One attempt, as plain data.

use crate::Outcome;
use crate::TimeoutKind;
use crate::{Resource, ServerTiming};
use serde::{Serialize, Serializer};
use std::time::Duration;

/// The faults by which a server of ours says that it turned a request away. They are no fates: they
/// depend on who else is there.
/// The `fault` in `Server-Timing` of a request that the concurrency limit rejected.
pub const CAPACITY: &str = "capacity";
/// The `fault` in `Server-Timing` of a request that the rate limit rejected.
pub const RATE_LIMIT: &str = "rate limit";

/// One attempt. Points in time are counted from the start of the run and serialised as whole
/// microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttemptRecord {
    /// The place in the plan of the download that it is an attempt at.
    pub download: usize,
    /// How many attempts of this download were started before.
    pub attempt: u32,
    /// Why it was made.
    pub kind: AttemptKind,
    /// Whether it is the end of its download: its outcome is the download's.
    pub decides: bool,
    /// What was asked for; serialised as its path.
    #[serde(serialize_with = "path")]
    pub resource: Resource,
    /// The n by which the server drew its fate: in a run without retries and hedges, how many attempts
    /// at this resource came before it in the plan.
    pub nth: u64,
    /// The thread that made it, from 0; `None` where lanes have no identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<usize>,
    /// How long its download backed off before it.
    #[serde(rename = "backoff_us", serialize_with = "whole_micros")]
    pub backoff: Duration,
    /// When it should have started: as planned, when a back-off was over or a hedge due; otherwise when
    /// its lane was free.
    #[serde(rename = "due_us", serialize_with = "whole_micros")]
    pub due: Duration,
    /// When the request was handed to an open connection; of an attempt that never had one, when it
    /// began to connect.
    #[serde(rename = "sent_us", serialize_with = "whole_micros")]
    pub sent: Duration,
    /// Whether it was sent on a connection that had been used before.
    pub reused: bool,
    /// When the first byte of the answer had arrived.
    #[serde(rename = "first_byte_us", serialize_with = "maybe_whole_micros")]
    pub first_byte: Option<Duration>,
    /// When the last byte was there and verified, before it was saved; or when the attempt failed.
    #[serde(rename = "done_us", serialize_with = "whole_micros")]
    pub done: Duration,
    /// How it ended; serialised as its label.
    pub outcome: Outcome,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// Bytes that came to nothing with it: its own, unless they were saved, or kept for another attempt to
    /// go on with; and such as had been kept in this run before, if they are dropped now.
    #[serde(rename = "wasted_bytes")]
    pub wasted: u64,
    /// What the server says it planned and did, in `Server-Timing`.
    #[serde(serialize_with = "timing")]
    pub timing: Option<ServerTiming>,
}

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptKind {
    /// The first at its download.
    First,
    /// The one before had failed.
    Retry,
    /// The one before took long.
    Hedge,
    /// The one before was redirected.
    Redirect,
    /// The flag is there, and is to have its country's name.
    Metadata,
}

impl AttemptRecord {
    /// The latency that a user feels: waiting for a lane or a connection counts.
    pub fn from_due(&self) -> Duration {
        self.done.saturating_sub(self.due)
    }

    /// The latency of the exchange alone.
    pub fn from_sent(&self) -> Duration {
        self.done.saturating_sub(self.sent)
    }

    /// Whether the server turned it away for this reason.
    pub fn is_refused(&self, reason: &str) -> bool {
        let timing = self.timing.as_ref();
        timing.is_some_and(|timing| timing.fault.as_deref() == Some(reason))
    }

    /// Whether its fate would have let it have an answer, and all the same it came to nothing: turned away by
    /// a limit of the server, or given up without a head though that was to come in time. (What is planned
    /// for an attempt without a head is only known where the fate is.)
    pub fn is_in_vain(&self) -> bool {
        let timing = self.timing.as_ref();
        let was_in_time = |limit| timing.is_some_and(|timing| timing.planned < limit);
        match self.outcome {
            Outcome::Timeout(TimeoutKind::Connect, _) => false,
            Outcome::Timeout(_, limit) => self.status.is_none() && was_in_time(limit),
            _ => self.is_refused(CAPACITY) || self.is_refused(RATE_LIMIT),
        }
    }
}

/// Whole microseconds; 584,000 years fit.
pub fn as_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Serialises a duration as whole microseconds.
///
/// # Errors
/// Those of the serialiser.
pub fn whole_micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(as_micros(*duration))
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn maybe_whole_micros<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(as_micros).serialize(serializer)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn path<S: Serializer>(resource: &Resource, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(resource)
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn timing<S: Serializer>(timing: &Option<ServerTiming>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Fields<'a> {
        planned_us: u64,
        actual_us: u64,
        fault: Option<&'a str>,
    }
    let fields = timing.as_ref().map(|timing| Fields {
        planned_us: as_micros(timing.planned),
        actual_us: as_micros(timing.actual),
        fault: timing.fault.as_deref(),
    });
    fields.serialize(serializer)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record in milliseconds, of which `sent` and `due` are 0.
    pub(crate) fn record(done: u64, outcome: Outcome, planned: Option<u64>) -> AttemptRecord {
        let timing = planned.map(|ms| ServerTiming {
            planned: Duration::from_millis(ms),
            ..ServerTiming::default()
        });
        AttemptRecord {
            download: 0,
            attempt: 0,
            kind: AttemptKind::First,
            decides: true,
            resource: Resource::Flag("BR".parse().unwrap()),
            nth: 0,
            lane: None,
            backoff: Duration::ZERO,
            due: Duration::ZERO,
            sent: Duration::ZERO,
            reused: false,
            first_byte: None,
            done: Duration::from_millis(done),
            outcome,
            status: None,
            bytes: 10,
            wasted: 0,
            timing,
        }
    }

    #[test]
    fn the_two_latencies_differ_by_the_wait() {
        let mut record = record(50, Outcome::Ok, None);
        record.due = Duration::from_millis(10);
        record.sent = Duration::from_millis(30);
        assert_eq!(record.from_due(), Duration::from_millis(40));
        assert_eq!(record.from_sent(), Duration::from_millis(20));
    }

    #[test]
    fn machines_read_microseconds_labels_and_paths() {
        let json = serde_json::to_value(record(50, Outcome::Http(500), Some(20))).unwrap();
        assert_eq!(json["resource"], "/flags/br/br.gif");
        assert_eq!(json["done_us"], 50_000);
        assert_eq!(json["first_byte_us"], serde_json::Value::Null);
        assert_eq!(json["outcome"], "http_500");
        assert_eq!(json["kind"], "first");
        assert_eq!(json["timing"]["planned_us"], 20_000);
        assert!(json.get("lane").is_none());
    }
}
