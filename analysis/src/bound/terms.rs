//! The terms of the lower bound, with those of the server's limits.

#[cfg(test)]
mod tests;

use super::lower_bound::Bound;
use super::max_useful_concurrency::max_useful_concurrency;
use super::planned_work::PlannedWork;
use super::server_limits::ServerLimits;
use flagpole_protocol::AttemptRecord;
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::{As, DurationMicroSeconds};
use std::time::Duration;

/// The terms of the lower bound. Each is a lower bound by itself; the largest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoundTerms {
    /// The longest chain of requests that wait for each other, with the backoff between them.
    #[serde(
        rename = "critical_path_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub critical_path: Duration,
    /// All planned work divided by the concurrency.
    #[serde(
        rename = "even_split_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub even_split: Duration,
    /// The requests that must share a connection, because there are more long requests than connections.
    #[serde(
        rename = "packing_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub packing: Duration,
    /// The requests in service, at the server's concurrency limit; 0 without a limit.
    #[serde(
        rename = "server_concurrency_limit_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub server_concurrency_limit: Duration,
    /// The admitted requests, at the server's rate limit; 0 without a limit.
    #[serde(
        rename = "server_rate_limit_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub server_rate_limit: Duration,
    /// How much lower the bound would be without backoff.
    #[serde(
        rename = "includes_backoff_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub includes_backoff: Duration,
    /// How much lower the bound would be without the pacing of bodies.
    #[serde(
        rename = "includes_pacing_us",
        serialize_with = "As::<DurationMicroSeconds>::serialize"
    )]
    #[schemars(with = "u64")]
    pub includes_pacing: Duration,
    /// The concurrency above which the bound no longer falls.
    pub max_useful_concurrency: usize,
}

impl BoundTerms {
    /// The terms for these attempts at this concurrency, in a run with this timeout. `None` where
    /// [`PlannedWork::from_records`] gives none.
    pub fn for_attempts(
        records: &[AttemptRecord],
        concurrency: usize,
        timeout: Option<Duration>,
        limits: ServerLimits,
    ) -> Option<BoundTerms> {
        let work = PlannedWork::from_records(records, timeout)?;
        let server_concurrency_limit = limits.concurrency_bound(records, timeout);
        let server_rate_limit = limits.rate_bound(records);
        let floor = server_concurrency_limit.max(server_rate_limit);
        let total = |work: &PlannedWork| Bound::new(work, concurrency).total().max(floor);
        let share_of = |removed: fn(&mut AttemptRecord)| {
            let rest = PlannedWork::from_records(&with_each(records, removed), timeout);
            total(&work).saturating_sub(total(&rest.unwrap_or_default()))
        };
        let bound = Bound::new(&work, concurrency);
        Some(BoundTerms {
            critical_path: bound.critical_path,
            even_split: bound.even_split,
            packing: bound.packing,
            server_concurrency_limit,
            server_rate_limit,
            includes_backoff: share_of(|record| record.backoff = Duration::ZERO),
            includes_pacing: share_of(remove_pacing),
            max_useful_concurrency: max_useful_concurrency(&work, floor),
        })
    }

    /// The largest term: no wall time is shorter.
    pub fn total(&self) -> Duration {
        self.critical_path
            .max(self.even_split)
            .max(self.packing)
            .max(self.server_concurrency_limit)
            .max(self.server_rate_limit)
    }
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
