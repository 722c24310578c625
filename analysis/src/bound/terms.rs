//! The terms of the lower bound, with those that a server's limits add.

#[cfg(test)]
mod tests;

use super::connection_pauses::connection_pauses;
use super::lower_bound::{Bound, max_useful_concurrency};
use super::planned_work::PlannedWork;
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome, Rejection, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The known limits of a server; those of flagpole's own server are all known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServerLimits {
    /// The maximum number of requests in service, from 1.
    pub concurrency: Option<usize>,
    /// The rate limit.
    pub rate: Option<ServerRate>,
    /// The bandwidth that all connections share, from 1.
    pub bytes_per_second: Option<u64>,
}

/// A rate limit: a token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServerRate {
    /// Requests per second, above 0.
    pub per_second: f64,
    /// Requests admitted at once before the rate applies.
    pub burst: u64,
}

/// The terms of the lower bound. Each is a lower bound by itself; the largest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct BoundTerms {
    /// The longest chain of requests that wait for each other, with the backoff between them.
    pub critical_path_us: u64,
    /// All planned work divided by the concurrency.
    pub even_split_us: u64,
    /// The requests that must share a connection, because there are more long requests than connections.
    pub packing_us: u64,
    /// The requests in service, at the server's concurrency limit; 0 without a limit.
    pub server_concurrency_limit_us: u64,
    /// The admitted requests, at the server's rate limit; 0 without a limit.
    pub server_rate_limit_us: u64,
    /// The received bytes of bodies, at the server's bandwidth; 0 without a limit.
    #[serde(default)]
    pub server_bandwidth_us: u64,
    /// The requests and the planned pauses after responses, on the connections that the run opened; 0 if no request had
    /// to wait for a pause.
    #[serde(default)]
    pub connection_pauses_us: u64,
    /// How much lower the bound would be without backoff.
    pub includes_backoff_us: u64,
    /// How much lower the bound would be without the pacing of bodies.
    pub includes_pacing_us: u64,
    /// How much lower the bound would be without the pacing of heads.
    #[serde(default)]
    pub includes_head_pacing_us: u64,
    /// The concurrency above which the bound no longer falls, apart from pauses: about the bound, not about the wall time.
    pub max_useful_concurrency: usize,
}

impl BoundTerms {
    /// The terms of a measured run at a server with these limits. `None` where [`PlannedWork::from_records`] gives none.
    pub fn for_run(run: &MeasuredRun, limits: ServerLimits) -> Option<BoundTerms> {
        BoundTerms::for_attempts(&run.records, run.concurrency, run.timeout, limits)
    }

    /// The terms for these attempts at this concurrency, in a run with this timeout. `None` where
    /// [`PlannedWork::from_records`] gives none.
    pub(crate) fn for_attempts(
        records: &[AttemptRecord],
        concurrency: usize,
        timeout: Option<Duration>,
        limits: ServerLimits,
    ) -> Option<BoundTerms> {
        let work = PlannedWork::from_records(records, timeout)?;
        let terms = |records: &[AttemptRecord], work: &PlannedWork| {
            BoundTerms::without_shares(records, work, concurrency, timeout, limits)
        };
        let all = terms(records, &work);
        let share_of = |removed: fn(&mut AttemptRecord)| {
            let records = with_each(records, removed);
            let rest = PlannedWork::from_records(&records, timeout).unwrap_or_default();
            all.total().saturating_sub(terms(&records, &rest).total())
        };
        let floor = Duration::from_micros(all.server_limit_us());
        Some(BoundTerms {
            includes_backoff_us: as_micros(share_of(|record| record.backoff = Duration::ZERO)),
            includes_pacing_us: as_micros(share_of(remove_pacing)),
            includes_head_pacing_us: as_micros(share_of(remove_head_pacing)),
            max_useful_concurrency: max_useful_concurrency(&work, floor),
            ..all
        })
    }

    /// The terms, without what they include.
    fn without_shares(
        records: &[AttemptRecord],
        work: &PlannedWork,
        concurrency: usize,
        timeout: Option<Duration>,
        limits: ServerLimits,
    ) -> BoundTerms {
        let bound = Bound::new(work, concurrency);
        BoundTerms {
            critical_path_us: as_micros(bound.critical_path),
            even_split_us: as_micros(bound.even_split),
            packing_us: as_micros(bound.packing),
            server_concurrency_limit_us: as_micros(limits.concurrency_bound(records, timeout)),
            server_rate_limit_us: as_micros(limits.rate_bound(records)),
            server_bandwidth_us: as_micros(limits.bandwidth_bound(records)),
            connection_pauses_us: as_micros(connection_pauses(records, work)),
            ..BoundTerms::default()
        }
    }

    /// The largest term: no wall time is shorter.
    pub fn total(&self) -> Duration {
        let pauses = Duration::from_micros(self.connection_pauses_us);
        self.total_without_pauses().max(pauses)
    }

    /// The largest term but that of pauses.
    pub(crate) fn total_without_pauses(&self) -> Duration {
        let delays = self.critical_path_us.max(self.split_us());
        Duration::from_micros(delays.max(self.server_limit_us()))
    }

    /// The terms of the client's concurrency.
    pub(crate) fn split_us(&self) -> u64 {
        self.even_split_us.max(self.packing_us)
    }

    /// The terms of the server's limits.
    pub(crate) fn server_limit_us(&self) -> u64 {
        self.server_concurrency_limit_us
            .max(self.server_rate_limit_us)
            .max(self.server_bandwidth_us)
    }
}

impl ServerLimits {
    /// The bound by the concurrency limit: the time for all requests that held a permit (were in service), at the
    /// concurrency that the limit allows. 0 without a limit.
    fn concurrency_bound(self, records: &[AttemptRecord], timeout: Option<Duration>) -> Duration {
        let Some(concurrency) = self.concurrency else {
            return Duration::ZERO;
        };
        let served = records
            .iter()
            .filter(|record| held_permit_as_planned(record));
        let served: Vec<AttemptRecord> = served.cloned().collect();
        let served = PlannedWork::from_records(&served, timeout).unwrap_or_default();
        let abandoned = records.iter().filter_map(permit_time_of_abandoned);
        let work = PlannedWork {
            requests: served.requests.into_iter().chain(abandoned).collect(),
            chains: Vec::new(),
        };
        Bound::new(&work, concurrency).total()
    }

    /// The bound by the rate limit: the time to admit the requests that certainly were admitted. 0 without a limit.
    fn rate_bound(self, records: &[AttemptRecord]) -> Duration {
        let is_admitted = |record: &&AttemptRecord| {
            record.status.is_some() && !record.rejected_by(Rejection::RateLimit)
        };
        let admitted = records.iter().filter(is_admitted).count() as u64;
        self.rate.map_or(Duration::ZERO, |rate| {
            let after_burst = admitted.saturating_sub(rate.burst) as f64;
            let seconds = Duration::try_from_secs_f64(after_burst / rate.per_second);
            seconds.unwrap_or(Duration::MAX)
        })
    }

    /// The bound by the bandwidth: the time to send the bytes of bodies that were received. 0 without a limit.
    fn bandwidth_bound(self, records: &[AttemptRecord]) -> Duration {
        let bytes: u64 = records.iter().map(|record| record.bytes).sum();
        self.bytes_per_second.map_or(Duration::ZERO, |bandwidth| {
            let seconds = bytes as f64 / bandwidth as f64;
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
        })
    }
}

/// Whether the request certainly held a permit for its planned time. A request that the client abandoned may have been
/// in the queue instead.
fn held_permit_as_planned(record: &AttemptRecord) -> bool {
    let was_abandoned = matches!(
        record.outcome,
        Outcome::Timeout(..) | Outcome::Cancelled | Outcome::Abandoned | Outcome::TooLarge
    );
    record.rejection().is_none() && !was_abandoned
}

/// How long a request that the client abandoned certainly held a permit: from its head on.
fn permit_time_of_abandoned(record: &AttemptRecord) -> Option<Duration> {
    let was_abandoned = !held_permit_as_planned(record) && !record.was_rejected();
    let held = record.done.saturating_sub(record.first_byte?);
    was_abandoned.then_some(held)
}

/// A copy of the attempts with this change to each.
pub(crate) fn with_each(
    records: &[AttemptRecord],
    change: impl Fn(&mut AttemptRecord),
) -> Vec<AttemptRecord> {
    let mut records = records.to_vec();
    records.iter_mut().for_each(change);
    records
}

fn remove_pacing(record: &mut AttemptRecord) {
    if let Some(timing) = &mut record.timing {
        timing.paced = Duration::ZERO;
    }
}

fn remove_head_pacing(record: &mut AttemptRecord) {
    if let Some(timing) = &mut record.timing {
        timing.paced_head = Duration::ZERO;
    }
}
