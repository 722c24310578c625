//! What was observed in a cell, as the input of its verdict. A cell is one combination of conditions, such as latency
//! 50 ms at concurrency 30. A figure that is unknown is `None` or an empty list, and gives no reason to doubt the cell.

use super::compared_bodies::ComparedBodies;
use super::download_counts::DownloadCounts;
use super::lateness::Lateness;
use super::lost_wall::LostWall;
use super::reconcile::Mismatch;
use super::response_excess::ResponseExcess;
use super::round_digests::RoundDigests;
use super::verdict::ValidityIssue;
use crate::program::ProgramBehaviour;
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the workers of a closed workload were busy, each from its first request to the end of its last attempt, and
/// how much of that the attempts took. `None` if attempts have no worker, or if workers waited between attempts, during a
/// backoff or before a hedge.
///
/// Response times would not do: a download is due when the attempt before it ends, so their sum is the busy time however
/// idle the workers were, and more if metadata waits for a slot while its worker makes other attempts. The time of the
/// attempts is the sum of the times from when each was sent until it was done; those of one worker do not overlap. What happens on a
/// worker between two attempts counts too, as far as it is not idleness: all of it if a connection was opened, otherwise
/// at most the median of the run, which is what the client itself needs for an attempt.
pub fn busy_time(records: &[AttemptRecord]) -> Option<(Duration, Duration)> {
    let mut workers: BTreeMap<usize, Vec<&AttemptRecord>> = BTreeMap::new();
    for record in records {
        if !record.backoff.is_zero() || record.kind == AttemptKind::Hedge {
            return None;
        }
        workers.entry(record.worker?).or_default().push(record);
    }
    let (mut busy, mut gaps) = (Duration::ZERO, Vec::new());
    let mut took: Duration = records.iter().map(AttemptRecord::service_time).sum();
    for attempts in workers.values_mut() {
        attempts.sort_unstable_by_key(|record| record.sent);
        for pair in attempts.windows(2) {
            let gap = pair[1].sent.saturating_sub(pair[0].done);
            if pair[1].reused_connection {
                gaps.push(gap);
            } else {
                took += gap;
            }
        }
        let ends = attempts.first().zip(attempts.last());
        busy += ends.map_or(Duration::ZERO, |(first, last)| {
            last.done.saturating_sub(first.sent)
        });
    }
    let usual = lower_median(gaps.iter().copied(), Ord::cmp).unwrap_or_default();
    took += gaps.into_iter().map(|gap| gap.min(usual)).sum::<Duration>();
    Some((busy, took))
}

/// What was observed in one cell.
#[derive(Clone, Debug, Default)]
pub struct ObservedCell {
    /// The number of completed rounds without the warm-up round.
    pub rounds: usize,
    /// The number of rounds asked for.
    pub requested_rounds: usize,
    /// The number of responses that flagpole's own server sent before they were due.
    pub early_responses: u64,
    /// Whether a rule applies only from or until a time after the start of a run. A request near such a time meets one
    /// fate or another by the timing of the run.
    pub has_time_windows: bool,
    /// Whether the server reports no delays, so that it is not known whether all strategies met the same.
    pub has_unknown_delays: bool,
    /// Whether the measurement overhead was measured.
    pub is_overhead_measured: bool,
    /// What each strategy did.
    pub strategies: Vec<ObservedStrategy>,
    /// The number of cores that client and server share.
    pub cores: usize,
    /// Reasons that the caller found: an abort, connections that could not be opened, no successful download.
    pub other_reasons: Vec<ValidityIssue>,
    /// What could not be checked, and why, each as a sentence without a full stop.
    pub unchecked: Vec<String>,
}

/// What one strategy did in all rounds.
#[derive(Clone, Debug, Default)]
pub struct ObservedStrategy {
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
    /// How long the workers were [busy](busy_time).
    pub busy: Option<Duration>,
    /// The time of all attempts: as long as `busy` if no worker was idle between two attempts.
    pub attempt_time: Option<Duration>,
    /// The digest of the fates of each round, where a fate is all that will happen to one response; empty if no fate can
    /// be compared.
    pub fates: RoundDigests,
    /// The bodies that it received in each round; empty if no bodies can be compared.
    pub bodies: BTreeMap<usize, ComparedBodies>,
    /// The number of attempts without a place in the digest: each has a result that depends on timing, such as a
    /// timeout, or follows such an attempt in the same download.
    pub timing_dependent_attempts: u64,
    /// How its downloads ended.
    pub downloads: DownloadCounts,
    /// The attempts that it made because the previous one had failed.
    pub retries: u64,
    /// What a program did besides downloading; `None` for a strategy.
    pub program: Option<ProgramBehaviour>,
    /// Its policy as text: only strategies under equal policies must have equal results.
    pub policy: String,
    /// The first round in which its records differ from the ledger (the server's counts of everything), and how.
    pub mismatch: Option<(usize, Mismatch)>,
    /// The lateness of the delayed responses of each round.
    pub lateness: Vec<Lateness>,
    /// Whether the server reports its delays.
    pub has_server_timing: bool,
    /// What was lost of the wall time of all rounds; `None` if the system does not report it.
    pub lost: Option<LostWall>,
    /// How much longer the responses of each round took than the server says.
    pub excess: Vec<ResponseExcess>,
    /// The highest efficiency (lower bound divided by wall time) of all rounds: a single round above 1 is impossible.
    pub max_efficiency: Option<f64>,
}

/// `None` if the denominator is 0.
pub(super) fn ratio(numerator: Duration, denominator: Duration) -> Option<f64> {
    (!denominator.is_zero()).then(|| numerator.as_secs_f64() / denominator.as_secs_f64())
}

impl ObservedStrategy {
    /// The wall time of all rounds.
    pub(super) fn total_wall(&self) -> Duration {
        self.walls.iter().sum()
    }
}
