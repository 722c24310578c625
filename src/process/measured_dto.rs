//! A measured run as a trial process sends it to its parent: as JSON, with all fields of its attempt records.

use crate::process::record_dto::RecordDto;
use flagpole_client::strategy;
use flagpole_protocol::{AttemptRecord, MeasuredRun, RunStats};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A measured run without its statistics, which follow from the records.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MeasuredDto {
    strategy: String,
    concurrency: usize,
    wall: Duration,
    /// The number of downloads without an end.
    unstarted: u64,
    /// The timeout of a whole request.
    timeout: Option<Duration>,
    records: Vec<RecordDto>,
}

impl MeasuredDto {
    pub(crate) fn new(measured: MeasuredRun) -> MeasuredDto {
        MeasuredDto {
            strategy: measured.strategy.to_owned(),
            concurrency: measured.concurrency,
            wall: measured.wall,
            unstarted: measured.stats.unstarted,
            timeout: measured.timeout,
            records: measured.records.into_iter().map(RecordDto).collect(),
        }
    }

    /// The run; `None` if its strategy is unknown.
    pub(crate) fn into_run(self) -> Option<MeasuredRun> {
        let strategy = strategy::by_name(&self.strategy).ok()?;
        let records: Vec<AttemptRecord> = self.records.into_iter().map(|dto| dto.0).collect();
        let mut stats = RunStats::default();
        for record in &records {
            stats.record(record);
        }
        stats.unstarted = self.unstarted;
        Some(MeasuredRun {
            strategy: strategy.name(),
            concurrency: self.concurrency,
            wall: self.wall,
            stats,
            timeout: self.timeout,
            records,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;
    use flagpole_protocol::{ConnectFailureCause, Outcome, TimeoutKind};
    use std::io::ErrorKind;

    #[test]
    fn measured_run_survives_round_trip_through_json() {
        let timeout = Duration::from_millis(9);
        let mut first = record(Outcome::Ok, Some(200));
        first.wasted_bytes = 3;
        first.first_byte = Some(Duration::from_nanos(50_000_001));
        let records = vec![
            first,
            record(Outcome::Timeout(TimeoutKind::Total, timeout), None),
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
        let mut stats = RunStats::default();
        for record in &records {
            stats.record(record);
        }
        stats.unstarted = 2;
        let measured = MeasuredRun {
            strategy: "async",
            concurrency: 5,
            wall: Duration::from_nanos(123_456_789),
            stats,
            records,
            timeout: Some(timeout),
        };
        let json = serde_json::to_string(&MeasuredDto::new(measured.clone())).unwrap();
        let back: MeasuredDto = serde_json::from_str(&json).unwrap();
        let back = back.into_run().unwrap();
        assert_eq!(back.records, measured.records);
        assert_eq!(back.stats, measured.stats);
        assert_eq!((back.strategy, back.wall), ("async", measured.wall));
        assert_eq!(back.timeout, Some(timeout));
    }
}
