//! A measured run as it goes from the process that made it to the one that compares: as JSON, with all
//! that its records hold. (In reports an outcome is its label alone.)

use crate::process::error_kind;
use flagpole_client::strategy;
use flagpole_protocol::{
    AttemptKind, AttemptRecord, ConnectFailureCause, MeasuredRun, Outcome, Resource, RunStats,
    ServerTiming, TimeoutKind,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::ErrorKind;
use std::time::Duration;

/// A measured run, in a form that reads back. Its tally and its bound follow from the records.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MeasuredDto {
    strategy: String,
    concurrency: usize,
    wall: Duration,
    unstarted: u64,
    /// The limit of a whole exchange, to which the bound cuts what was planned.
    whole: Option<Duration>,
    records: Vec<Whole>,
}

impl MeasuredDto {
    /// What is passed of a run under this limit of a whole exchange.
    pub(crate) fn of(measured: MeasuredRun) -> MeasuredDto {
        MeasuredDto {
            strategy: measured.strategy.to_owned(),
            concurrency: measured.concurrency,
            wall: measured.wall,
            unstarted: measured.stats.unstarted,
            whole: measured.timeout,
            records: measured.records.into_iter().map(Whole).collect(),
        }
    }

    /// The run that was passed; `None` if its strategy is not known here.
    pub(crate) fn measured(self) -> Option<MeasuredRun> {
        let strategy = strategy::by_name(&self.strategy).ok()?;
        let records: Vec<AttemptRecord> = self.records.into_iter().map(|whole| whole.0).collect();
        let mut tally = RunStats::default();
        for record in &records {
            tally.record(record);
        }
        tally.unstarted = self.unstarted;
        Some(MeasuredRun {
            strategy: strategy.name(),
            concurrency: self.concurrency,
            wall: self.wall,
            stats: tally,
            timeout: self.whole,
            records,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Whole(#[serde(with = "RecordFields")] AttemptRecord);

#[derive(Serialize, Deserialize)]
#[serde(remote = "AttemptRecord")]
struct RecordFields {
    download: usize,
    attempt: u32,
    #[serde(with = "KindName")]
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
    #[serde(with = "OutcomeFields")]
    outcome: Outcome,
    status: Option<u16>,
    bytes: u64,
    wasted_bytes: u64,
    #[serde(with = "timing")]
    timing: Option<ServerTiming>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AttemptKind")]
enum KindName {
    First,
    Retry,
    Hedge,
    Redirect,
    Metadata,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TimeoutKind")]
enum LimitName {
    Connect,
    FirstByte,
    Total,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome")]
enum OutcomeFields {
    Ok,
    NotModified,
    NotFound,
    Http(u16),
    Redirected(u16),
    TooManyRedirects,
    Timeout(#[serde(with = "LimitName")] TimeoutKind, Duration),
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
struct TimingFields {
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

/// A timing that may be missing.
mod timing {
    use super::{Deserialize, Deserializer, Serialize, Serializer, ServerTiming, TimingFields};

    #[derive(Serialize, Deserialize)]
    struct Told(#[serde(with = "TimingFields")] ServerTiming);

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(
        timing: &Option<ServerTiming>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        timing.clone().map(Told).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ServerTiming>, D::Error> {
        Ok(Option::<Told>::deserialize(deserializer)?.map(|told| told.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;

    #[test]
    fn a_run_reads_back_as_it_was() {
        let limit = Duration::from_millis(9);
        let mut told = record(Outcome::Ok, Some(200));
        told.wasted_bytes = 3;
        told.first_byte = Some(Duration::from_nanos(50_000_001));
        let records = vec![
            told,
            record(Outcome::Timeout(TimeoutKind::Total, limit), None),
            record(
                Outcome::ConnectFailed {
                    cause: ConnectFailureCause::OutOfPorts,
                    message: "no port".into(),
                },
                None,
            ),
            record(
                Outcome::WriteFailed {
                    kind: ErrorKind::StorageFull,
                    message: "full".into(),
                },
                None,
            ),
        ];
        let mut tally = RunStats::default();
        for record in &records {
            tally.record(record);
        }
        tally.unstarted = 2;
        let measured = MeasuredRun {
            strategy: "async",
            concurrency: 5,
            wall: Duration::from_nanos(123_456_789),
            stats: tally,
            records,
            timeout: Some(limit),
        };
        let json = serde_json::to_string(&MeasuredDto::of(measured.clone())).unwrap();
        let back: MeasuredDto = serde_json::from_str(&json).unwrap();
        let back = back.measured().unwrap();
        assert_eq!(back.records, measured.records);
        assert_eq!(back.stats, measured.stats);
        assert_eq!((back.strategy, back.wall), ("async", measured.wall));
        assert_eq!(back.timeout, Some(limit));
    }
}
