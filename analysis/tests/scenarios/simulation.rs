//! The records that a client would make of a run.

use crate::run::Run;
use flagpole_protocol::AttemptRecord;
use std::time::Duration;

/// The time from when a request is due until it is sent: on a new connection, and on a reused one.
const CONNECTING: Duration = Duration::from_micros(200);
const SENDING: Duration = Duration::from_micros(20);
/// How much later than the server reports a first byte arrives.
const FIRST_BYTE: Duration = Duration::from_micros(80);

impl Run {
    /// The records: each download is made by the connection that is free first.
    pub(crate) fn records(&self) -> Vec<AttemptRecord> {
        let mut connections = vec![Connection::default(); self.concurrency];
        let attempts = self.downloads.iter().map(|download| download.0.len()).sum();
        let mut permits = vec![Duration::ZERO; self.permits.unwrap_or(attempts)];
        let mut records = Vec::new();
        for (number, download) in (1..).zip(&self.downloads) {
            let free = (0..self.concurrency).min_by_key(|&index| connections[index].free);
            let worker = free.expect("the concurrency is above 0");
            for record in download.records(number, worker + 1) {
                let record = self.perform(record, &mut connections[worker], &mut permits);
                records.push(record);
            }
        }
        records
    }

    /// Adds the times of an attempt to its record, whose times count from when the server takes the request.
    fn perform(
        &self,
        mut record: AttemptRecord,
        connection: &mut Connection,
        permits: &mut [Duration],
    ) -> AttemptRecord {
        let is_reused = self.reuses && connection.is_open;
        record.reused_connection = is_reused;
        record.due = connection.free + record.backoff;
        record.sent = record.due + if is_reused { SENDING } else { CONNECTING };
        let taken = if is_reused {
            record.sent.max(connection.silent_until)
        } else {
            record.sent
        };
        let permit = permits.iter_mut().min().expect("there are permits");
        let queued = permit.saturating_sub(taken);
        record.done += taken + queued + FIRST_BYTE;
        *permit = record.done;
        if let Some(first_byte) = &mut record.first_byte {
            *first_byte += taken + queued + FIRST_BYTE;
        }
        if let Some(timing) = &mut record.timing {
            timing.queued += queued;
            timing.actual += queued;
            connection.silent_until = record.done + timing.pause_after;
        }
        (connection.free, connection.is_open) = (record.done, record.status.is_some());
        record
    }
}

/// A connection of the client.
#[derive(Clone, Copy, Default)]
struct Connection {
    /// When its last attempt ended.
    free: Duration,
    is_open: bool,
    /// When the planned pause after its last response ends.
    silent_until: Duration,
}
