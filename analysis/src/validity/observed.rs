//! What was observed in a cell, as the input of its verdict. A cell is one combination of conditions, such as latency
//! 50 ms at concurrency 30. A figure that is unknown is `None` or an empty list, and gives no reason to doubt the cell.

use super::download_counts::DownloadCounts;
use super::reconcile::Mismatch;
use super::round_digests::RoundDigests;
use super::verdict::{Validity, ValidityIssue};
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// The share of the delay above which lateness is suspect: it changes the efficiency by as much, which is the order of
/// the differences between strategies.
const SUSPECT_LATENESS: f64 = 0.05;
/// The share of the delay above which responses were not delayed as asked.
const INVALID_LATENESS: f64 = 0.2;

/// How long the workers of a closed workload were busy, each from its first request to the end of its last attempt, and
/// how much of that the attempts took. `None` if attempts have no worker, or if workers waited between attempts, during a
/// backoff or before a hedge.
///
/// Response times would not do: a download is due when the attempt before it ends, so their sum is the busy time however
/// idle the workers were, and more if metadata waits for a slot while its worker makes other attempts. The time of the
/// attempts is that from when each was sent until it was done, of one worker never at the same time. What happens on a
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

/// The median of the planned delays that are above zero; `None` without delays.
pub fn median_delay<'a>(records: impl IntoIterator<Item = &'a AttemptRecord>) -> Option<Duration> {
    let records = records.into_iter();
    let planned = records.filter_map(|record| Some(record.timing.as_ref()?.planned));
    let mut planned: Vec<_> = planned.filter(|delay| !delay.is_zero()).collect();
    planned.sort_unstable();
    planned.get(planned.len() / 2).copied()
}

/// What was observed in one cell.
#[derive(Clone, Debug, Default)]
pub struct ObservedCell {
    /// The number of completed rounds without the warm-up round.
    pub rounds: usize,
    /// The number of rounds asked for.
    pub requested_rounds: usize,
    /// What the server did.
    pub server: ObservedServer,
    /// What each strategy did.
    pub strategies: Vec<ObservedStrategy>,
    /// The number of cores that client and server share.
    pub cores: usize,
    /// Reasons that the caller found: an abort, connections that could not be opened, no successful download.
    pub other_reasons: Vec<ValidityIssue>,
    /// What could not be checked, and why, each as a sentence without a full stop.
    pub unchecked: Vec<String>,
}

/// What the server did in all rounds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObservedServer {
    /// The median planned delay of the delayed responses to all strategies; `None` if no delay is known.
    pub median_delay: Option<Duration>,
    /// The number of responses sent before they were due.
    pub early_responses: u64,
    /// Whether a rule applies only from or until a time after the start of a run. A request near such a time meets one
    /// fate or another by the timing of the run.
    pub has_time_windows: bool,
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
    /// The number of attempts without a place in the digest: each has a result that depends on timing, such as a
    /// timeout, or follows such an attempt in the same download.
    pub timing_dependent_attempts: u64,
    /// How its downloads ended.
    pub downloads: DownloadCounts,
    /// Its policy as text: only strategies under equal policies must have equal results.
    pub policy: String,
    /// The first round in which its records differ from the ledger (the server's counts of everything), and how.
    pub mismatch: Option<(usize, Mismatch)>,
    /// The p99 lateness of each round: how long after their due time delayed responses were sent. Waiting for a permit
    /// of the server's concurrency limit is not lateness.
    pub p99_lateness: Vec<Duration>,
    /// The highest efficiency (lower bound divided by wall time) of all rounds: a single round above 1 is impossible.
    pub max_efficiency: Option<f64>,
}

impl ObservedServer {
    /// Whether a round with this p99 lateness is a stalled round: lateness is above 20% of the median delay.
    pub fn is_stalled(&self, p99: Duration) -> bool {
        self.lateness_share(p99)
            .is_some_and(|share| share > INVALID_LATENESS)
    }

    /// The lateness as a share of the median delay; `None` without a delay.
    pub(super) fn lateness_share(&self, lateness: Duration) -> Option<f64> {
        ratio(lateness, self.median_delay?)
    }
}

/// The limit that this lateness, as a share of the delay, exceeds, and how severe that is.
pub(super) fn exceeded_lateness(share: f64) -> Option<(Validity, f64)> {
    match share {
        share if share > INVALID_LATENESS => Some((Validity::Invalid, INVALID_LATENESS)),
        share if share > SUSPECT_LATENESS => Some((Validity::Suspect, SUSPECT_LATENESS)),
        _ => None,
    }
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

    /// The p99 lateness of the median round, of two in the middle the lower.
    pub(super) fn median_p99_lateness(&self) -> Option<Duration> {
        lower_median(self.p99_lateness.iter().copied(), Ord::cmp)
    }
}
