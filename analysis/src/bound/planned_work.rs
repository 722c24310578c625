//! What the attempts of a run must take at least.

#[cfg(test)]
mod tests;

use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, ServerTiming, TimeoutKind};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the attempts of a run must take at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedWork {
    /// The planned time of each request, to the last byte of its response.
    pub requests: Vec<Duration>,
    /// The planned time of each download: of its requests, which wait for each other, with the backoff between them.
    pub chains: Vec<Duration>,
}

impl PlannedWork {
    /// What the server planned for each attempt, to the last byte, cut to the timeout of the run. An attempt that
    /// timed out took its timeout; a response without `Server-Timing` was not delayed.
    ///
    /// Rejected attempts do not count, nor does the backoff after them: rejections depend on how many requests are
    /// in flight, which is the strategy's own choice.
    ///
    /// `None` if no attempt has a `Server-Timing` (an external server, or one without delays), if the planned delay
    /// of an attempt without a head is unknown, and if the run was hedged, because a hedged download waits for the
    /// faster of two attempts.
    pub fn from_records(
        records: &[AttemptRecord],
        timeout: Option<Duration>,
    ) -> Option<PlannedWork> {
        records.iter().find(|record| record.timing.is_some())?;
        let mut downloads: BTreeMap<usize, Vec<&AttemptRecord>> = BTreeMap::new();
        for record in records {
            downloads.entry(record.download).or_default().push(record);
        }
        let mut work = PlannedWork::default();
        for mut attempts in downloads.into_values() {
            attempts.sort_by_key(|record| record.attempt);
            work.add_download(&attempts, timeout)?;
        }
        Some(work)
    }

    fn add_download(
        &mut self,
        attempts: &[&AttemptRecord],
        timeout: Option<Duration>,
    ) -> Option<()> {
        let first = self.requests.len();
        let mut backoff = Duration::ZERO;
        let mut after_rejection = false;
        for record in attempts {
            if !after_rejection {
                backoff += record.backoff;
            }
            let time = planned_time(record, timeout)?;
            after_rejection = record.was_rejected();
            if !after_rejection {
                self.requests.push(time);
            }
        }
        let requests = &self.requests[first..];
        if !requests.is_empty() {
            self.chains
                .push(requests.iter().sum::<Duration>() + backoff);
        }
        Some(())
    }
}

fn planned_time(record: &AttemptRecord, timeout: Option<Duration>) -> Option<Duration> {
    let timing = record.timing.as_ref();
    let planned = timing.map(ServerTiming::planned_total);
    let planned_or_zero = planned.unwrap_or_default();
    match record.outcome {
        _ if record.kind == AttemptKind::Hedge => None,
        Outcome::HedgeLost => None,
        // Nothing was sent; the backoff after it counts.
        Outcome::CircuitOpen | Outcome::Unsent => Some(Duration::ZERO),
        // Nothing was planned for this time, or the response stood still for it.
        Outcome::Timeout(TimeoutKind::Connect | TimeoutKind::Stall | TimeoutKind::Speed, limit) => {
            Some(limit)
        }
        // The client did not wait for the planned end.
        Outcome::Cancelled
        | Outcome::Abandoned
        | Outcome::TooLarge
        | Outcome::Timeout(TimeoutKind::Run, _) => Some(planned_or_zero.min(record.service_time())),
        // A hang within the body has no planned end, but took the timeout.
        Outcome::Timeout(_, limit) if record.status.is_some() => Some(limit),
        Outcome::Timeout(_, limit) => Some(planned.map_or(limit, |planned| planned.min(limit))),
        _ if record.status.is_some() => Some(planned_or_zero.min(timeout.unwrap_or(Duration::MAX))),
        _ => planned.map(|planned| planned.min(record.service_time())),
    }
}
