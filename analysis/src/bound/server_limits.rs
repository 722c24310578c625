//! The lower bounds that a server's limits add.

use super::lower_bound::Bound;
use super::planned_work::PlannedWork;
use flagpole_protocol::{AttemptRecord, Outcome, Rejection};
use std::time::Duration;

/// The known limits of a server; those of flagpole's own server are all known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServerLimits {
    /// The maximum number of requests in service, from 1.
    pub concurrency: Option<usize>,
    /// The rate limit.
    pub rate: Option<ServerRate>,
}

/// A rate limit: a token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServerRate {
    /// Requests per second, above 0.
    pub per_second: f64,
    /// Requests admitted at once before the rate applies.
    pub burst: u64,
}

impl ServerLimits {
    /// The bound by the concurrency limit: the time for all requests that held a permit (were in service), at the
    /// concurrency that the limit allows. 0 without a limit.
    pub(super) fn concurrency_bound(
        self,
        records: &[AttemptRecord],
        timeout: Option<Duration>,
    ) -> Duration {
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
    pub(super) fn rate_bound(self, records: &[AttemptRecord]) -> Duration {
        let is_admitted = |record: &&AttemptRecord| {
            record.status.is_some() && !record.rejected_by(Rejection::RateLimit)
        };
        let admitted = records.iter().filter(is_admitted).count() as u64;
        self.rate
            .map_or(Duration::ZERO, |rate| rate.min_time(admitted))
    }
}

impl ServerRate {
    fn min_time(self, requests: u64) -> Duration {
        let after_burst = requests.saturating_sub(self.burst) as f64;
        let seconds = Duration::try_from_secs_f64(after_burst / self.per_second);
        seconds.unwrap_or(Duration::MAX)
    }
}

/// Whether the request certainly held a permit for its planned time. A request that the client abandoned may have been
/// in the queue instead.
fn held_permit_as_planned(record: &AttemptRecord) -> bool {
    let was_abandoned = matches!(
        record.outcome,
        Outcome::Timeout(..) | Outcome::Cancelled | Outcome::TooLarge
    );
    record.rejection().is_none() && !was_abandoned
}

/// How long a request that the client abandoned certainly held a permit: from its head on.
fn permit_time_of_abandoned(record: &AttemptRecord) -> Option<Duration> {
    let was_abandoned = !held_permit_as_planned(record) && !record.was_rejected();
    let held = record.done.saturating_sub(record.first_byte?);
    was_abandoned.then_some(held)
}
