//! What can limit a run, and how the limiting factor is chosen.

use super::figures::RunFigures;
use super::waits::{lateness, queued, unreported_delay};
use crate::bound::BoundTerms;
use flagpole_protocol::{AttemptKind, AttemptRecord, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use strum::IntoStaticStr;

/// A download is a straggler if it takes more than this many times the median.
const STRAGGLER_RATIO: u32 = 2;

/// What can keep a run from being faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum BottleneckKind {
    /// The delays themselves: their sum at concurrency 1, or the longest of them at a concurrency that is high enough.
    Latency,
    /// The client's concurrency, above 1: requests wait for a connection, and more connections lower the bound.
    Concurrency,
    /// The longest download, if it takes more than twice as long as the median one.
    Straggler,
    /// The server's concurrency limit.
    ServerConcurrencyLimit,
    /// The server's rate limit.
    ServerRateLimit,
    /// The bandwidth of the server, which all connections share.
    ServerBandwidth,
    /// The planned pauses after responses, during which a connection takes no request.
    ConnectionPauses,
    /// The pace at which the server sends bodies.
    Bandwidth,
    /// The pace at which the server sends heads, or pauses before them.
    SlowHead,
    /// Failed attempts and the backoff after them.
    Retries,
    /// Attempts that timed out and were not retried.
    Timeouts,
    /// The client's CPU time.
    ClientCpu,
    /// Requests of a program that the workload does not ask for.
    UnaskedRequests,
    /// Responses later than planned, as the server reports itself.
    ServerLateness,
    /// Responses from an external server that took longer than the server reports.
    UnreportedDelay,
    /// Time that neither the lower bound nor the CPU time explains, such as opening connections; it is more than half of
    /// the wall time.
    Overhead,
    /// The planned delays are unknown, and the client's CPU time does not explain the wall time.
    Unknown,
}

impl fmt::Display for BottleneckKind {
    /// The name in text: `server rate limit`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: &str = self.into();
        if *self == BottleneckKind::UnaskedRequests {
            return f.pad("requests that were not asked for");
        }
        f.pad(&name.replace('_', " ").replace("cpu", "CPU"))
    }
}

impl RunFigures<'_> {
    /// The largest lower bound if that bound explains half of the wall time, otherwise the cause of the rest.
    pub(super) fn bottleneck(&self) -> BottleneckKind {
        let explained = self.bound.max(self.cpu_per_core);
        if let Some(limit) = self.limit_that_rejected_most_of(self.run.records.len()) {
            return limit;
        }
        if self.mostly_waits_for_a_permit() {
            return BottleneckKind::ServerConcurrencyLimit;
        }
        if self.mostly_unasked(explained) {
            return BottleneckKind::UnaskedRequests;
        }
        if twice(explained) < self.run.wall {
            return self.kind_beyond_bound(self.run.wall.saturating_sub(explained));
        }
        match self.terms {
            Some(terms) if self.bound >= self.cpu_per_core => self.kind_within_bound(&terms),
            _ => BottleneckKind::ClientCpu,
        }
    }

    /// Whether requests that were not asked for take at least a quarter of the wall time, and at least half of what is not
    /// explained.
    fn mostly_unasked(&self, explained: Duration) -> bool {
        let concurrency = u32::try_from(self.run.concurrency.max(1)).unwrap_or(u32::MAX);
        let time = self.run.unasked.unwrap_or_default().time / concurrency;
        let rest = self.run.wall.saturating_sub(explained);
        twice(time) >= rest && twice(twice(time)) >= self.run.wall && !time.is_zero()
    }

    /// Whether the server's concurrency limit is below the client's concurrency (as far as it is known), attempts spent
    /// most of their time in the queue, and no chain of requests that wait for each other explains half of the wall time.
    fn mostly_waits_for_a_permit(&self) -> bool {
        let limit = self.run.limits.concurrency;
        let is_scarce = limit.map_or(self.has_queue(), |limit| limit < self.run.concurrency);
        is_scarce && self.mostly(queued) && twice(self.longest_download) < self.run.wall
    }

    /// Whether the server has a concurrency limit, known or reported.
    fn has_queue(&self) -> bool {
        let has_waited = |record: &AttemptRecord| {
            record
                .timing
                .as_ref()
                .is_some_and(|timing| !timing.queued.is_zero())
        };
        self.run.limits.concurrency.is_some() || self.count(has_waited) > 0
    }

    /// The cause of `rest`: the part of the wall time, more than half, that neither the bound nor the CPU time
    /// explains.
    fn kind_beyond_bound(&self, rest: Duration) -> BottleneckKind {
        let explains = |bound: Duration| twice(bound.saturating_sub(self.bound)) >= rest;
        if explains(self.bound_with_rejections)
            && let Some(limit) =
                self.limit_that_rejected_most_of(self.count(|one| one.kind == AttemptKind::Retry))
        {
            return limit;
        }
        if explains(self.bound_with_rejections) && self.mostly_times_out_in_pauses() {
            return BottleneckKind::ConnectionPauses;
        }
        let timed_out_in_queue = self.timed_out_in_queue() > 0;
        if self.has_queue()
            && (explains(self.bound_with_queue) || timed_out_in_queue && self.mostly(queued))
        {
            BottleneckKind::ServerConcurrencyLimit
        } else if explains(self.bound_with_lateness) || timed_out_in_queue && self.mostly(lateness)
        {
            BottleneckKind::ServerLateness
        } else if self.terms.is_none() {
            BottleneckKind::Unknown
        } else if self.run.is_external && explains(self.bound_with_unreported) {
            if self.sum(lateness) > self.sum(unreported_delay) {
                BottleneckKind::ServerLateness
            } else {
                BottleneckKind::UnreportedDelay
            }
        } else {
            BottleneckKind::Overhead
        }
    }

    /// Whether most timeouts are those of requests that the server had not taken, because the connection paused.
    fn mostly_times_out_in_pauses(&self) -> bool {
        2 * self.timed_out_in_pause() > self.timed_out()
    }

    /// The bottleneck that the largest term of the bound stands for.
    fn kind_within_bound(&self, terms: &BoundTerms) -> BottleneckKind {
        let split = terms.split_us();
        let delays = terms.critical_path_us.max(split);
        // At equality a higher concurrency of the client does not lower the bound, so the limit is the server's.
        let is_limit = |limit| limit >= split && limit > terms.critical_path_us;
        let halves = |rest: Duration| twice(rest) <= Duration::from_micros(delays);
        let is_half = |part: u64| part.saturating_mul(2) >= delays;
        let times_out = self.timed_out() > 0 && halves(self.bound_without_timeouts);
        if terms.connection_pauses_us > delays.max(terms.server_limit_us()) {
            BottleneckKind::ConnectionPauses
        } else if is_limit(terms.server_limit_us()) {
            largest_server_limit(terms)
        } else if times_out && self.mostly_times_out_in_pauses() {
            BottleneckKind::ConnectionPauses
        } else if halves(self.bound_without_retries) {
            BottleneckKind::Retries
        } else if times_out && self.run.is_external && self.has_queue() {
            // Other responses had waited for a permit, so these requests most likely waited for one in vain.
            BottleneckKind::ServerConcurrencyLimit
        } else if times_out {
            BottleneckKind::Timeouts
        } else if is_half(terms.includes_head_pacing_us) {
            BottleneckKind::SlowHead
        } else if is_half(terms.includes_pacing_us) {
            BottleneckKind::Bandwidth
        } else if terms.critical_path_us < split && self.run.concurrency > 1 {
            BottleneckKind::Concurrency
        } else if terms.critical_path_us >= split && halves(self.longest_without_retries) {
            BottleneckKind::Retries
        } else if terms.critical_path_us >= split && self.has_straggler() {
            BottleneckKind::Straggler
        } else {
            BottleneckKind::Latency
        }
    }

    fn has_straggler(&self) -> bool {
        self.longest_download > self.median_download.saturating_mul(STRAGGLER_RATIO)
    }

    /// The limit of the server whose rejections exceed half of this number of attempts.
    fn limit_that_rejected_most_of(&self, attempts: usize) -> Option<BottleneckKind> {
        let most = |limit| 2 * self.rejections(limit) > attempts;
        if most(Rejection::RateLimit) {
            Some(BottleneckKind::ServerRateLimit)
        } else {
            most(Rejection::ConcurrencyLimit).then_some(BottleneckKind::ServerConcurrencyLimit)
        }
    }
}

/// The server's limit with the largest term; the concurrency limit among equal ones.
fn largest_server_limit(terms: &BoundTerms) -> BottleneckKind {
    match terms.server_limit_us() {
        limit if limit == terms.server_concurrency_limit_us => {
            BottleneckKind::ServerConcurrencyLimit
        }
        limit if limit == terms.server_rate_limit_us => BottleneckKind::ServerRateLimit,
        _ => BottleneckKind::ServerBandwidth,
    }
}

fn twice(time: Duration) -> Duration {
    time.saturating_mul(2)
}
