//! Reasons to doubt the figures of a comparison.

use super::download_counts::DownloadCounts;
use super::fates_digest::FatesDigest;
use super::lateness;
use super::reconcile::Mismatch;
use super::system_resource::SystemResource;
use super::verdict::Validity;
use std::time::Duration;

/// A reason to doubt the figures of a comparison. `Display` gives it as a sentence with its figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The comparison was aborted, or part of it could not be measured.
    Aborted {
        /// What happened, as a sentence without a full stop.
        why: String,
    },
    /// The system ran out of a resource.
    ResourceExhausted {
        /// The resource.
        resource: SystemResource,
        /// What failed for lack of the resource, as the start of a sentence: `5 of 80 attempts did not connect`.
        what: String,
        /// How many of the resource are available.
        available: u64,
    },
    /// Attempts did not reach the server, although no fault asked for that.
    ConnectFailed {
        /// The number of these attempts.
        count: u64,
        /// The number of all attempts.
        attempts: u64,
        /// Why, as the outcome of the attempts says.
        why: String,
    },
    /// No download from an external server succeeded. With flagpole's own server that may be intended.
    NoDownloads,
    /// Responses were sent before they were due.
    EarlyResponses {
        /// The number of these responses.
        count: u64,
    },
    /// Responses were not delayed as asked.
    ServerLate {
        /// The p99 lateness of the median round.
        lateness: Duration,
        /// The median planned delay.
        delay: Duration,
    },
    /// Two strategies had different fates.
    FatesDiffer {
        /// A strategy and its digest.
        one: (String, FatesDigest),
        /// Another strategy and its digest.
        other: (String, FatesDigest),
    },
    /// No fates can be compared.
    FatesUnknown {
        /// The number of attempts, all of them timing-dependent.
        attempts: u64,
    },
    /// The downloads of two strategies ended differently.
    WorkDiffers {
        /// A strategy and how its downloads ended.
        one: (String, DownloadCounts),
        /// Another strategy under the same policy, and how its downloads ended.
        other: (String, DownloadCounts),
    },
    /// Client records and server ledger differ.
    LedgerMismatch {
        /// The strategy.
        strategy: String,
        /// The round, from 1.
        round: usize,
        /// The difference.
        mismatch: Mismatch,
    },
    /// A run took less time than its lower bound.
    BelowBound {
        /// The strategy.
        strategy: String,
        /// The lower bound divided by the wall time.
        efficiency: f64,
    },
    /// Fewer rounds were completed than asked for.
    RoundsMissing {
        /// The completed rounds.
        rounds: usize,
        /// The rounds asked for.
        requested: usize,
    },
    /// The client had no CPU time to spare.
    ClientSaturated {
        /// The strategy.
        strategy: String,
        /// The CPU time divided by the wall time of its cores.
        share: f64,
        /// The number of cores that the strategy can use.
        cores: usize,
    },
    /// Client and server together used most of the machine.
    MachineSaturated {
        /// The strategy.
        strategy: String,
        /// The CPU time of client and server divided by the wall time of all cores.
        share: f64,
        /// The number of all cores.
        cores: usize,
    },
    /// Workers were idle between attempts: their busy time differs from the time of their attempts.
    BusyTimeMismatch {
        /// The strategy.
        strategy: String,
        /// The sum over all workers of the time from their first to their last attempt.
        busy: Duration,
        /// The sum of the response times of its attempts.
        attempts: Duration,
    },
    /// Rounds took longer and longer, or less and less time.
    RoundsDrift {
        /// The strategy.
        strategy: String,
        /// The p-value of the trend.
        p: f64,
        /// By how much the last third of the rounds took longer than the first: 0.1 is 10%.
        change: f64,
    },
    /// There are too few rounds for a confidence interval.
    FewRounds {
        /// The completed rounds.
        rounds: usize,
        /// The required rounds.
        needed: usize,
    },
    /// There are too few latencies for a percentile.
    FewSamples {
        /// The strategy.
        strategy: String,
        /// Its number of independent latencies (see
        /// [`effective_sample_size`](crate::stats::sample_size::effective_sample_size)).
        samples: u64,
        /// The percentiles (0 to 1) with too few samples, and how many each requires.
        needed: Vec<(f64, u64)>,
    },
}

impl Reason {
    /// How severe the reason is. [`Reason::ServerLate`] is valid up to 5% of the delay.
    pub fn severity(&self) -> Validity {
        match self {
            Reason::ServerLate { lateness, delay } => lateness::severity(*lateness, *delay),
            Reason::Aborted { .. }
            | Reason::ResourceExhausted { .. }
            | Reason::ConnectFailed { .. }
            | Reason::NoDownloads
            | Reason::EarlyResponses { .. }
            | Reason::FatesDiffer { .. }
            | Reason::LedgerMismatch { .. }
            | Reason::BelowBound { .. }
            | Reason::RoundsMissing { .. } => Validity::Invalid,
            Reason::ClientSaturated { .. }
            | Reason::MachineSaturated { .. }
            | Reason::FatesUnknown { .. }
            | Reason::WorkDiffers { .. }
            | Reason::BusyTimeMismatch { .. }
            | Reason::RoundsDrift { .. }
            | Reason::FewRounds { .. }
            | Reason::FewSamples { .. } => Validity::Suspect,
        }
    }

    /// The fixed name in results.
    pub fn label(&self) -> &'static str {
        match self {
            Reason::Aborted { .. } => "aborted",
            Reason::ResourceExhausted { resource, .. } => match resource {
                SystemResource::FileDescriptors => "out_of_file_descriptors",
                SystemResource::Ports => "out_of_ports",
            },
            Reason::ConnectFailed { .. } => "connect_failed",
            Reason::NoDownloads => "no_downloads",
            Reason::EarlyResponses { .. } => "early_responses",
            Reason::ServerLate { .. } => "server_late",
            Reason::FatesDiffer { .. } => "fates_differ",
            Reason::FatesUnknown { .. } => "fates_unknown",
            Reason::WorkDiffers { .. } => "work_differs",
            Reason::LedgerMismatch { .. } => "ledger_mismatch",
            Reason::BelowBound { .. } => "below_bound",
            Reason::RoundsMissing { .. } => "rounds_missing",
            Reason::ClientSaturated { .. } => "client_saturated",
            Reason::MachineSaturated { .. } => "machine_saturated",
            Reason::BusyTimeMismatch { .. } => "busy_time_mismatch",
            Reason::RoundsDrift { .. } => "rounds_drift",
            Reason::FewRounds { .. } => "few_rounds",
            Reason::FewSamples { .. } => "few_samples",
        }
    }
}
