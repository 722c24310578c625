//! What was observed, as the input of a verdict. Unknown figures keep their default and lead to no conclusion.

use super::download_counts::DownloadCounts;
use super::fates_digest::FatesDigest;
use super::lateness;
use super::reason::Reason;
use super::reconcile::Mismatch;
use super::verdict::Validity;
use crate::stats::median::lower_median;
use std::time::Duration;

/// What was observed in one cell.
#[derive(Clone, Debug, Default)]
pub struct CellEvidence {
    /// The number of completed rounds without the warm-up round.
    pub rounds: usize,
    /// The number of rounds asked for.
    pub requested_rounds: usize,
    /// What the server did.
    pub server: ServerEvidence,
    /// What each strategy did.
    pub strategies: Vec<StrategyEvidence>,
    /// The number of cores that client and server share.
    pub cores: usize,
    /// Reasons found elsewhere.
    pub others: Vec<Reason>,
    /// Why rounds were aborted, or what could not be measured.
    pub aborted: Vec<String>,
}

/// What the server did in all rounds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerEvidence {
    /// The median planned delay of the delayed responses.
    pub delay: Option<Duration>,
    /// The number of responses sent before they were due.
    pub early: u64,
}

/// What one strategy did in all rounds.
#[derive(Clone, Debug, Default)]
pub struct StrategyEvidence {
    /// The name of the strategy.
    pub name: String,
    /// The wall times in the order of the rounds.
    pub walls: Vec<Duration>,
    /// The CPU time of the client's process, user and system.
    pub cpu: Option<Duration>,
    /// The number of cores that the strategy can use: 1 for a single thread.
    pub cores: usize,
    /// The CPU time of flagpole's own server.
    pub server_cpu: Option<Duration>,
    /// The total time that its connections were busy.
    pub busy: Option<Duration>,
    /// The total time that its attempts took.
    pub attempts_took: Option<Duration>,
    /// The digest of its fates.
    pub fates: Option<FatesDigest>,
    /// The number of timing-dependent attempts.
    pub timing_dependent: u64,
    /// How its downloads ended.
    pub downloads: DownloadCounts,
    /// Its policy as text: only strategies under equal policies must have equal results.
    pub policy: String,
    /// The first round in which its records and the server's ledger differ, and how.
    pub mismatch: Option<(usize, Mismatch)>,
    /// The p99 lateness of each round, without waits for a permit.
    pub lateness: Vec<Duration>,
    /// The highest efficiency of all rounds.
    pub efficiency: Option<f64>,
    /// The [effective sample size](crate::stats::sample_size::effective_sample_size) of its latencies.
    pub samples: u64,
    /// The reported percentiles, 0 to 1.
    pub percentiles: Vec<f64>,
}

impl ServerEvidence {
    /// Whether responses of a round with this p99 lateness were not delayed as asked: the machine stalled, or the
    /// server was too slow.
    pub fn is_stalled(&self, p99: Duration) -> bool {
        let delay = self.delay.unwrap_or_default();
        !delay.is_zero() && lateness::severity(p99, delay) == Validity::Invalid
    }
}

impl StrategyEvidence {
    /// The wall time of all rounds.
    pub(super) fn total_wall(&self) -> Duration {
        self.walls.iter().sum()
    }

    pub(super) fn median_lateness(&self) -> Option<Duration> {
        lower_median(self.lateness.iter().copied(), Ord::cmp)
    }
}
