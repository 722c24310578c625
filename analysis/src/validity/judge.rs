//! Judges what was observed in a cell: one function for each reason to doubt its figures.

use super::lateness::server_late;
use super::lost_wall::processor_lost;
use super::observed::{ObservedCell, ObservedStrategy, ratio};
use super::programs;
use super::response_excess::response_excess;
use super::same_fates;
use super::verdict::{Validity, ValidityIssue, Verdict};
use crate::human::{HumanDuration, plural};
use crate::stats::{MIN_ROUNDS, Trend};
use std::cmp::Reverse;
use std::time::Duration;

/// The share of its cores above which a client is saturated.
const CLIENT_SATURATED: f64 = 0.9;
/// The share of all cores above which client and server disturb each other. It is lower than that of one process,
/// because two processes that wait for each other leave cores idle that neither of them could use.
const MACHINE_SATURATED: f64 = 0.7;
/// The tolerated difference between the busy time of connections and the time of attempts.
const BUSY_TIME_TOLERANCE: f64 = 0.02;
/// The significance level of a trend, before correction for the number of strategies.
const TREND_P: f64 = 0.01;
/// The smallest trend that matters, as a share of the wall time.
const MIN_TREND: f64 = 0.02;
/// An efficiency up to this value is 1 rounded to whole microseconds.
const ROUNDING: f64 = 1.001;

impl Verdict {
    /// The verdict on the figures of a cell.
    pub fn for_cell(cell: &ObservedCell) -> Verdict {
        let mut reasons = reasons(cell);
        reasons.sort_by_key(|reason| Reverse(reason.severity));
        let validity = reasons
            .first()
            .map_or(Validity::Valid, |worst| worst.severity);
        Verdict {
            validity,
            reasons,
            unchecked: unchecked(cell),
        }
    }
}

/// What the caller could not check, and what the evidence does not show.
fn unchecked(cell: &ObservedCell) -> Vec<String> {
    let (strategies, mut unchecked) = (&cell.strategies, cell.unchecked.clone());
    let is_strategy = |one: &ObservedStrategy| one.program.is_none();
    if strategies
        .iter()
        .any(|one| is_strategy(one) && one.lost.is_none())
    {
        let sentence =
            "lost processor time: the system does not report how long threads wait for a processor";
        unchecked.push(sentence.to_owned());
    }
    let what = if cell.has_unknown_delays {
        "lateness of the server, and whether all strategies met the same delays"
    } else {
        "lateness of the server"
    };
    // Without a request there is nothing to report.
    let has_requests = |one: &&ObservedStrategy| one.program.is_none() || one.has_server_timing;
    let mut reporting = strategies.iter().filter(has_requests);
    if cell.has_unknown_delays || reporting.any(|one| !one.has_server_timing) {
        unchecked.push(format!("{what}: it reports no delays"));
    }
    unchecked.extend(programs::unchecked(cell));
    unchecked
}

fn reasons(cell: &ObservedCell) -> Vec<ValidityIssue> {
    let mut reasons = cell.other_reasons.clone();
    let strategies = &cell.strategies;
    reasons.extend(early_responses(cell.early_responses));
    let fates = same_fates::fates_differ(cell);
    // Different fates have different bodies.
    reasons.extend(fates.or_else(|| same_fates::bodies_differ(cell)));
    reasons.extend(same_fates::fates_unknown(cell));
    reasons.extend(work_differs(strategies));
    for strategy in strategies {
        reasons.extend(ledger_mismatch(strategy));
        reasons.extend(below_bound(strategy));
        let saturated = client_saturated(strategy);
        let saturated = saturated.or_else(|| machine_saturated(strategy, cell.cores));
        let lateness = &strategy.lateness;
        reasons.extend(server_late(&strategy.name, lateness, saturated.is_some()));
        reasons.extend(match strategy.lost {
            Some(lost) => processor_lost(&strategy.name, lost),
            // The scheduler's figures are better evidence where they exist.
            None => response_excess(&strategy.name, &strategy.excess, cell.is_overhead_measured),
        });
        reasons.extend(saturated);
        reasons.extend(busy_time_mismatch(strategy));
        reasons.extend(rounds_drift(strategy, strategies.len()));
        reasons.extend(programs::reasons(strategy, cell));
    }
    reasons.extend(rounds_missing(cell));
    reasons.extend(few_rounds(cell.rounds.max(cell.requested_rounds)));
    reasons
}

/// Responses were sent before they were due.
fn early_responses(count: u64) -> Option<ValidityIssue> {
    let message = format!("{} sent early", plural(count, "response"));
    (count > 0).then(|| ValidityIssue::invalid("early_responses", message))
}

/// All strategies under a policy must have results comparable to those of the first strategy under that policy.
fn work_differs(strategies: &[ObservedStrategy]) -> Option<ValidityIssue> {
    strategies.iter().find_map(|other| {
        let mut all = strategies.iter();
        let first = all.find(|first| first.policy == other.policy)?;
        let message = format!(
                "different results: the downloads of {} ended with {}, those of {} with {}, so no ratio of their wall \
                 times is given",
                first.name, first.downloads, other.name, other.downloads
);
        let differs = !first.downloads.is_comparable_to(&other.downloads);
        differs.then(|| ValidityIssue::suspect("work_differs", message))
    })
}

/// Client records and server ledger differ.
fn ledger_mismatch(one: &ObservedStrategy) -> Option<ValidityIssue> {
    let (round, mismatch) = one.mismatch?;
    let message = format!(
        "round {round}: {} recorded {mismatch}; is another client using the server?",
        one.name
    );
    Some(ValidityIssue::invalid("ledger_mismatch", message))
}

/// A run took less time than its lower bound.
fn below_bound(one: &ObservedStrategy) -> Option<ValidityIssue> {
    let efficiency = one
        .max_efficiency
        .filter(|&efficiency| efficiency > ROUNDING)?;
    let message = format!(
        "{} was faster than the planned delays allow: efficiency up to {:.1}%; did the server apply the delays that \
         it reported?",
        one.name,
        100.0 * efficiency
    );
    Some(ValidityIssue::invalid("below_bound", message))
}

/// The client had no CPU time to spare.
fn client_saturated(one: &ObservedStrategy) -> Option<ValidityIssue> {
    let cores = one.cores.max(1);
    let share = ratio(one.cpu?, one.total_wall())? / cores as f64;
    let message = format!(
        "{} used {:.0}% of its {}: the client itself was the bottleneck; lower the concurrency or use longer delays",
        one.name,
        100.0 * share,
        plural(cores, "core")
    );
    (share > CLIENT_SATURATED).then(|| ValidityIssue::suspect("client_saturated", message))
}

/// Client and server together used most of the machine.
fn machine_saturated(one: &ObservedStrategy, cores: usize) -> Option<ValidityIssue> {
    let both = one.cpu? + one.server_cpu?;
    let share = ratio(both, one.total_wall())? / cores.max(1) as f64;
    let message = format!(
        "{} and the server used {:.0}% of the machine's {} and disturbed each other; lower the concurrency or use \
             longer delays",
        one.name,
        100.0 * share,
        plural(cores, "core")
    );
    (share > MACHINE_SATURATED).then(|| ValidityIssue::suspect("machine_saturated", message))
}

/// Workers were idle between attempts: their busy time differs from the time of their attempts.
fn busy_time_mismatch(one: &ObservedStrategy) -> Option<ValidityIssue> {
    let (busy, attempts) = (one.busy?, one.attempt_time?);
    let difference = ratio(busy.abs_diff(attempts), busy.max(attempts))?;
    let message = format!(
        "the connections of {} were busy for {}, but its attempts took {}: the difference is more than 2%; run on \
             an idle machine",
        one.name,
        HumanDuration(busy),
        HumanDuration(attempts)
    );
    (difference > BUSY_TIME_TOLERANCE)
        .then(|| ValidityIssue::suspect("busy_time_mismatch", message))
}

/// A trend of the wall times. The significance level is divided by the number of strategies (Bonferroni), because each
/// of them can drift by chance.
fn rounds_drift(one: &ObservedStrategy, strategy_count: usize) -> Option<ValidityIssue> {
    let walls: Vec<f64> = one.walls.iter().map(Duration::as_secs_f64).collect();
    let Trend { p, change } = Trend::from_values(&walls)?;
    let is_trend = p < TREND_P / strategy_count.max(1) as f64 && change.abs() >= MIN_TREND;
    let message = format!(
        "{}: the last third of the rounds took {:.1}% {} than the first third (p = {p:.2e}, Mann-Kendall test); run \
             on an idle machine",
        one.name,
        100.0 * change.abs(),
        if change > 0.0 { "longer" } else { "less time" }
    );
    is_trend.then(|| ValidityIssue::suspect("rounds_drift", message))
}

/// Fewer rounds were completed than asked for.
fn rounds_missing(cell: &ObservedCell) -> Option<ValidityIssue> {
    let (rounds, requested) = (cell.rounds, cell.requested_rounds);
    let verb = if rounds == 1 { "was" } else { "were" };
    let message = format!("only {rounds} of {requested} rounds {verb} completed");
    // Why the first round was aborted says it.
    let says_so = rounds == 0 && cell.other_reasons.iter().any(ValidityIssue::is_aborted);
    (rounds < requested && !says_so).then(|| ValidityIssue::invalid("rounds_missing", message))
}

/// There are too few rounds for a confidence interval, even if all that were asked for are completed.
fn few_rounds(rounds: usize) -> Option<ValidityIssue> {
    let rounds_done = plural(rounds, "round");
    let message =
        format!("{rounds_done}; a confidence interval needs {MIN_ROUNDS}; raise --rounds");
    (rounds < MIN_ROUNDS).then(|| ValidityIssue::suspect("few_rounds", message))
}
