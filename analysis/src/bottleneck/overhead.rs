//! Where the time went that the plan does not explain.

use super::figures::RunFigures;
use super::waits::unreported_delay;
use crate::bound::connection_pauses::opened_connections;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome};
use std::time::Duration;

/// The part of the attempts that took most of their time beyond the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OverheadPart {
    /// Until the request was sent: starting threads and opening connections.
    Sending,
    /// From the reported delay to the first byte.
    Waiting,
    /// From the first to the last byte, beyond the pacing.
    Receiving,
}

/// The largest part of the overhead of the first attempts of downloads, and its share of their response times. Other
/// attempts are due while all connections may be in use, so that they wait before they are sent.
pub(super) fn largest_part(records: &[AttemptRecord]) -> Option<(OverheadPart, f64)> {
    let first = || {
        let records = records.iter();
        records.filter(|record| record.kind == AttemptKind::First)
    };
    let sum = |time: fn(&AttemptRecord) -> Duration| first().map(time).sum::<Duration>();
    let parts = [
        (OverheadPart::Sending, sum(before_sending)),
        (OverheadPart::Waiting, sum(unreported_delay)),
        (OverheadPart::Receiving, sum(receiving)),
    ];
    let (part, time) = parts.into_iter().max_by_key(|&(_, time)| time)?;
    let all = sum(AttemptRecord::response_time);
    (!time.is_zero()).then(|| (part, time.as_secs_f64() / all.as_secs_f64()))
}

fn before_sending(record: &AttemptRecord) -> Duration {
    record.sent.saturating_sub(record.due)
}

fn receiving(record: &AttemptRecord) -> Duration {
    let paced = record.timing.as_ref().map_or(Duration::ZERO, |timing| {
        timing.paced_head.saturating_add(timing.paced)
    });
    let first_byte = record.first_byte.unwrap_or(record.done);
    record.done.saturating_sub(first_byte).saturating_sub(paced)
}

/// Whether the attempt ended in a way after which its connection cannot be used again.
fn ends_connection(record: &AttemptRecord) -> bool {
    matches!(
        record.outcome,
        Outcome::Timeout(..)
            | Outcome::ConnectionReset
            | Outcome::ConnectionError { .. }
            | Outcome::EmptyReply
            | Outcome::IncompleteBody
            | Outcome::ProtocolError(_)
            | Outcome::TooLarge
            | Outcome::Cancelled
    )
}

impl RunFigures<'_> {
    /// `, 61% of the response time before sending`; empty if it is unknown.
    pub(super) fn overhead_evidence(&self) -> String {
        largest_part(self.run.records).map_or_else(String::new, |(part, share)| {
            let part = match part {
                OverheadPart::Sending => "before sending",
                OverheadPart::Waiting => "between the reported delay and the first byte",
                OverheadPart::Receiving => "while receiving",
            };
            format!(", {:.0}% of the response times {part}", 100.0 * share)
        })
    }

    pub(super) fn overhead_remedy(&self) -> &'static str {
        let run = self.run;
        match largest_part(run.records) {
            Some((OverheadPart::Sending, _)) => {
                let opened = opened_connections(run.records);
                if opened > run.concurrency + self.count(ends_connection) {
                    "reuse connections"
                } else if opened > run.concurrency {
                    "reduce failures, which end connections"
                } else if run.threads > run.cores.max(1) + 1 {
                    "use a strategy with fewer threads"
                } else {
                    "make more requests with each connection"
                }
            }
            _ if run.concurrency == 1 => "download concurrently",
            _ => "run on an idle machine, on more cores or with longer delays",
        }
    }
}
