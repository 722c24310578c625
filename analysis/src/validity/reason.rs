//! Reasons to doubt the figures of a comparison, as sentences with their figures and, if there is one, a remedy.

use super::download_counts::DownloadCounts;
use super::planned_fates::FatesDigest;
use super::reconcile::Mismatch;
use super::verdict::Validity;
use crate::human::{HumanDuration, plural};
use derive_more::Display;
use std::time::Duration;
use strum::IntoStaticStr;

/// The share of the delay above which lateness is suspect: it changes the efficiency by as much, which is the order of
/// the differences between strategies.
const SUSPECT_LATENESS: f64 = 0.05;
/// The share of the delay above which responses were not delayed as asked.
const INVALID_LATENESS: f64 = 0.2;

/// A reason to doubt the figures of a comparison. `Display` gives it as a sentence with its figures.
#[derive(Clone, Debug, PartialEq, Display, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The comparison was aborted, or part of it could not be measured.
    #[display("{why}")]
    Aborted {
        /// What happened, as a sentence without a full stop.
        why: String,
    },
    /// The system ran out of open files; each connection is one.
    #[display(
        "{what}: out of open files ({available} available); raise the limit with `ulimit -n`"
    )]
    OutOfFileDescriptors {
        /// What failed for lack of them, as the start of a sentence: `5 of 80 attempts did not connect`.
        what: String,
        /// How many are available.
        available: u64,
    },
    /// The system ran out of local ports to connect from.
    #[display("{what}: out of ports ({available} available); widen `net.ipv4.ip_local_port_range`")]
    OutOfPorts {
        /// What failed for lack of them, as the start of a sentence.
        what: String,
        /// How many are available.
        available: u64,
    },
    /// Attempts did not reach the server, although no fault asked for that.
    #[display("{count} of {attempts} attempts did not reach the server: {why}")]
    ConnectFailed {
        /// The number of these attempts.
        count: u64,
        /// The number of all attempts.
        attempts: u64,
        /// Why, as the outcome of the attempts says.
        why: String,
    },
    /// No download from an external server succeeded. With flagpole's own server that may be intended.
    #[display("no download succeeded; check --url")]
    NoDownloads,
    /// Responses were sent before they were due.
    #[display("{} sent early", plural(*count, "response"))]
    EarlyResponses {
        /// The number of these responses.
        count: u64,
    },
    /// Responses were not delayed as asked.
    #[display(
        "the server was too late: p99 lateness {} = {:.0}% of the median delay of {} (limit {:.0}%); run on an idle \
         machine or use longer delays",
        HumanDuration(*lateness),
        100.0 * lateness_share(*lateness, *delay),
        HumanDuration(*delay),
        100.0 * lateness_limit(*lateness, *delay)
    )]
    ServerLate {
        /// The p99 lateness of the median round.
        lateness: Duration,
        /// The median planned delay.
        delay: Duration,
    },
    /// Two strategies had different fates.
    #[display(
        "different fates: {} has digest {}, {} has {}; the server does not treat runs alike",
        one.0, one.1, other.0, other.1
    )]
    FatesDiffer {
        /// A strategy and its digest.
        one: (String, FatesDigest),
        /// Another strategy and its digest.
        other: (String, FatesDigest),
    },
    /// No fates can be compared.
    #[display(
        "cannot tell whether the fates were the same: each of the {attempts} attempts was timing-dependent in at least \
         one trial"
    )]
    FatesUnknown {
        /// The number of attempts, all of them timing-dependent.
        attempts: u64,
    },
    /// The downloads of two strategies ended differently.
    #[display(
        "different results: the downloads of {} ended with {}, those of {} with {}, so no ratio of their wall times is \
         given",
        one.0, one.1, other.0, other.1
    )]
    WorkDiffers {
        /// A strategy and how its downloads ended.
        one: (String, DownloadCounts),
        /// Another strategy under the same policy, and how its downloads ended.
        other: (String, DownloadCounts),
    },
    /// Client records and server ledger differ.
    #[display("round {round}: {strategy} recorded {mismatch}; is another client using the server?")]
    LedgerMismatch {
        /// The strategy.
        strategy: String,
        /// The round, from 1.
        round: usize,
        /// The difference.
        mismatch: Mismatch,
    },
    /// A run took less time than its lower bound.
    #[display(
        "{strategy} was faster than the planned delays allow: efficiency {efficiency:.3}; did the server apply the \
         delays that it reported?"
    )]
    BelowBound {
        /// The strategy.
        strategy: String,
        /// The lower bound divided by the wall time.
        efficiency: f64,
    },
    /// Fewer rounds were completed than asked for.
    #[display("only {rounds} of {requested} rounds were completed")]
    RoundsMissing {
        /// The completed rounds.
        rounds: usize,
        /// The rounds asked for.
        requested: usize,
    },
    /// The client had no CPU time to spare.
    #[display(
        "{strategy} used {:.0}% of its {}: the client itself was the bottleneck; lower the concurrency or use longer \
         delays",
        100.0 * share,
        plural(*cores, "core")
    )]
    ClientSaturated {
        /// The strategy.
        strategy: String,
        /// The CPU time divided by the wall time of its cores.
        share: f64,
        /// The number of cores that the strategy can use.
        cores: usize,
    },
    /// Client and server together used most of the machine.
    #[display(
        "{strategy} and the server used {:.0}% of the machine's {} and disturbed each other; lower the concurrency or use longer \
         delays",
        100.0 * share,
        plural(*cores, "core")
    )]
    MachineSaturated {
        /// The strategy.
        strategy: String,
        /// The CPU time of client and server divided by the wall time of all cores.
        share: f64,
        /// The number of all cores.
        cores: usize,
    },
    /// Workers were idle between attempts: their busy time differs from the time of their attempts.
    #[display(
        "the connections of {strategy} were busy for {}, but its attempts took {}: the difference is more than 2%; run \
         on an idle machine",
        HumanDuration(*busy),
        HumanDuration(*attempts)
    )]
    BusyTimeMismatch {
        /// The strategy.
        strategy: String,
        /// The sum over all workers of the time from their first to their last attempt.
        busy: Duration,
        /// The sum of the response times of its attempts.
        attempts: Duration,
    },
    /// Rounds took longer and longer, or less and less time.
    #[display(
        "{strategy}: the last third of the rounds took {:.1}% {} than the first third (p = {p:.2e}, Mann-Kendall test); \
         run on an idle machine",
        100.0 * change.abs(),
        if *change > 0.0 { "longer" } else { "less time" }
    )]
    RoundsDrift {
        /// The strategy.
        strategy: String,
        /// The p-value of the trend.
        p: f64,
        /// By how much the last third of the rounds took longer than the first: 0.1 is 10%.
        change: f64,
    },
    /// There are too few rounds for a confidence interval.
    #[display("{}; a confidence interval needs {needed}; raise --rounds", plural(*rounds, "round"))]
    FewRounds {
        /// The completed rounds.
        rounds: usize,
        /// The required rounds.
        needed: usize,
    },
    /// There are too few latencies for a percentile.
    #[display(
        "{strategy} has {samples} independent {}, too few for {}; raise --rounds or --flags",
        if *samples == 1 { "latency" } else { "latencies" },
        required(needed)
    )]
    FewSamples {
        /// The strategy.
        strategy: String,
        /// Its number of independent latencies (see
        /// [`effective_sample_size`](crate::stats::effective_sample_size)).
        samples: u64,
        /// The percentiles (0 to 1) with too few samples, and how many each requires.
        needed: Vec<(f64, u64)>,
    },
}

impl Reason {
    /// How severe the reason is. [`Reason::ServerLate`] is valid up to 5% of the delay.
    pub fn severity(&self) -> Validity {
        match self {
            Reason::ServerLate { lateness, delay } => lateness_severity(*lateness, *delay),
            Reason::ClientSaturated { .. }
            | Reason::MachineSaturated { .. }
            | Reason::FatesUnknown { .. }
            | Reason::WorkDiffers { .. }
            | Reason::BusyTimeMismatch { .. }
            | Reason::RoundsDrift { .. }
            | Reason::FewRounds { .. }
            | Reason::FewSamples { .. } => Validity::Suspect,
            _ => Validity::Invalid,
        }
    }

    /// The fixed name in results: `server_late`, `fates_differ`.
    pub fn label(&self) -> &'static str {
        self.into()
    }
}

/// The validity of figures measured with this lateness of responses and this delay, which is above 0.
pub(super) fn lateness_severity(lateness: Duration, delay: Duration) -> Validity {
    match lateness_share(lateness, delay) {
        share if share > INVALID_LATENESS => Validity::Invalid,
        share if share > SUSPECT_LATENESS => Validity::Suspect,
        _ => Validity::Valid,
    }
}

/// The limit that this lateness exceeds, as a share of the delay.
fn lateness_limit(lateness: Duration, delay: Duration) -> f64 {
    match lateness_severity(lateness, delay) {
        Validity::Invalid => INVALID_LATENESS,
        Validity::Suspect | Validity::Valid => SUSPECT_LATENESS,
    }
}

fn lateness_share(lateness: Duration, delay: Duration) -> f64 {
    lateness.as_secs_f64() / delay.as_secs_f64()
}

/// `p50 (5 needed), p99 (299 needed)`.
fn required(needed: &[(f64, u64)]) -> String {
    let each = needed.iter();
    let each = each.map(|(quantile, samples)| format!("p{} ({samples} needed)", 100.0 * quantile));
    each.collect::<Vec<_>>().join(", ")
}
