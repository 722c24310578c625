//! `compare --records`: one JSON line per attempt of every trial, so that a result can be recomputed.
//!
//! The records of a trial are written when its round ends. Those of a stalled round follow at the end of the cell,
//! because only then it is known whether the round is kept.

use super::conditions::CellConditions;
use crate::experiment::output_target::OutputStream;
use anyhow::Result;
use flagpole_analysis::comparison::Trial;
use flagpole_protocol::{AttemptRecord, as_micros};
use serde::Serialize;
use serde_with::{As, Map, Same};
use std::io::{self, Write};

/// The file of all records; none without `--records`.
#[derive(Default)]
pub(crate) struct RecordLog(Option<OutputStream>);

impl RecordLog {
    pub(crate) fn new(stream: Option<OutputStream>) -> RecordLog {
        RecordLog(stream)
    }

    /// The first error while writing.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), OutputStream::finish)
    }
}

/// Writes the records of one cell.
pub(super) struct CellRecords<'a> {
    log: &'a mut RecordLog,
    cell: &'a CellConditions<'a>,
    conditions: Vec<(String, String)>,
}

/// A line: an attempt, as `get --records` writes it, with its trial.
#[derive(Serialize)]
struct RecordLine<'a> {
    /// The number of the cell in the result, from 1.
    cell: usize,
    /// The conditions of the cell by name.
    #[serde(with = "As::<&Map<Same, Same>>")]
    conditions: &'a [(String, String)],
    strategy: &'a str,
    /// The maximum number of requests in flight.
    concurrency: usize,
    /// The round, from 1; 0 is the warm-up round.
    round: usize,
    /// Whether the round is part of the figures: not the warm-up round, a round that was repeated, or an aborted trial.
    kept: bool,
    /// The wall time of the trial.
    wall_us: u64,
    /// The time limit of an attempt; null without one.
    timeout_us: Option<u64>,
    #[serde(flatten)]
    record: &'a AttemptRecord,
}

impl<'a> CellRecords<'a> {
    pub(super) fn new(
        log: &'a mut RecordLog,
        cell: &'a CellConditions<'a>,
    ) -> Result<CellRecords<'a>> {
        let conditions = cell.as_pairs(cell.listener()?.as_ref());
        Ok(CellRecords {
            log,
            cell,
            conditions,
        })
    }

    /// Writes the records of a trial of the strategy with this index.
    pub(super) fn write(&mut self, strategy: usize, trial: &Trial, kept: bool) {
        let measured = &trial.measured;
        let line = |record| RecordLine {
            cell: self.cell.cell,
            conditions: &self.conditions,
            strategy: &self.cell.variants[strategy].name,
            concurrency: measured.concurrency,
            round: trial.round,
            kept,
            wall_us: as_micros(measured.wall),
            timeout_us: measured.timeout.map(as_micros),
            record,
        };
        if let Some(stream) = &mut self.log.0 {
            stream.write(|out| {
                measured
                    .records
                    .iter()
                    .try_for_each(|record| write_line(out, &line(record)))
            });
        }
    }
}

fn write_line(out: &mut dyn Write, line: &RecordLine<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
