//! The sentences of the details of a cell (`--verbose`).

use crate::comparison::{Cell, Comparison, StrategyResult, ThresholdStatus};
use crate::human::{HumanDuration, plural};
use crate::program::ProgramExit;

/// The title of the timelines.
pub(super) const TIMELINES: &str =
    "Timeline of each strategy's median round (time left to right, requests in send order)";

/// Sentences about each strategy of a cell, and why rounds were repeated.
pub(super) fn sentences(cell: &Cell) -> Vec<String> {
    let strategies = cell.strategies.iter().flat_map(of_strategy);
    strategies.chain(repeated(cell)).collect()
}

/// What limits a strategy, the terms of its bound, intervals, fates, lost time.
fn of_strategy(strategy: &StrategyResult) -> Vec<String> {
    let name = &strategy.name;
    let limit = strategy.bottleneck.as_ref().map(ToString::to_string);
    let sentences = [
        limit,
        terms(strategy),
        intervals(strategy),
        Some(fates(strategy)),
        lost(strategy),
        stalled(strategy),
        program(strategy),
    ];
    sentences
        .into_iter()
        .flatten()
        .map(|sentence| format!("{name}: {sentence}"))
        .collect()
}

/// The terms of the lower bound of the median round.
fn terms(strategy: &StrategyResult) -> Option<String> {
    let terms = strategy.bottleneck.as_ref()?.terms?;
    let all = [
        ("critical path", terms.critical_path_us),
        ("even split", terms.even_split_us),
        ("packing", terms.packing_us),
        (
            "server's concurrency limit",
            terms.server_concurrency_limit_us,
        ),
        ("server's rate limit", terms.server_rate_limit_us),
        ("server's bandwidth", terms.server_bandwidth_us),
        ("connection pauses", terms.connection_pauses_us),
        ("of it backoff", terms.includes_backoff_us),
        ("of it pacing of bodies", terms.includes_pacing_us),
        ("of it pacing of heads", terms.includes_head_pacing_us),
    ];
    let known = all.into_iter().filter(|(_, us)| *us > 0);
    let known: Vec<_> = known
        .map(|(term, us)| format!("{term} {}", micros(us)))
        .collect();
    let total = HumanDuration(terms.total());
    (!known.is_empty()).then(|| format!("lower bound {total}, the largest of {}", known.join(", ")))
}

/// The percentiles of download times with their confidence intervals.
fn intervals(strategy: &StrategyResult) -> Option<String> {
    let all = &strategy.download_time.succeeded;
    let percentiles = [
        ("p50", all.p50),
        ("p90", all.p90),
        ("p95", all.p95),
        ("p99", all.p99),
        ("p99.9", all.p99_9),
    ];
    let known = percentiles.into_iter().filter_map(|(label, percentile)| {
        let interval = match percentile?.interval_us.map(|end| end.map(micros)) {
            [Some(low), Some(high)] => format!("{low} to {high}"),
            [Some(low), None] => format!("above {low}"),
            [None, Some(high)] => format!("below {high}"),
            [None, None] => return None,
        };
        Some(format!("{label} {interval}"))
    });
    let known: Vec<_> = known.collect();
    (!known.is_empty()).then(|| format!("95% CI of download times: {}", known.join(", ")))
}

fn fates(strategy: &StrategyResult) -> String {
    let is_known = strategy
        .rounds
        .iter()
        .any(|round| round.fates_digest.is_some());
    let unequal = if is_known { "differs" } else { "unknown" };
    let digest = strategy.fates_digest.as_deref().unwrap_or(unequal);
    let compared = plural(strategy.fates_compared, "attempt");
    let dependent = match strategy.timing_dependent {
        0 => String::new(),
        some => format!(", {some} depend on timing"),
    };
    let bodies = match &strategy.bodies_digest {
        Some(digest) => format!("; bodies digest {digest}"),
        None => String::new(),
    };
    format!("fates digest {digest} of {compared}{dependent}{bodies}")
}

/// The wall time that was lost in all rounds because the client did not get a processor.
fn lost(strategy: &StrategyResult) -> Option<String> {
    if strategy.program.is_some() {
        // The scheduler's figures of its processes are unknown.
        return None;
    }
    let wall = strategy.rounds.iter().map(|round| round.wall_us).sum();
    let (lost, wall) = (micros(strategy.lost_us?), micros(wall));
    Some(format!("lost {lost} of {wall} without a processor"))
}

/// The command of a program, its process, and how it ended.
fn program(strategy: &StrategyResult) -> Option<String> {
    let program = strategy.program.as_ref()?;
    let behaviour = &program.behaviour;
    let exits = behaviour.exits.iter();
    let exits = exits.map(|(label, count)| format!("{} x {}", count, ProgramExit::describe(label)));
    Some(format!(
        "`{}`: process {}, at most {} in flight, {}",
        program.command,
        HumanDuration::from_mean(program.process_us.mean),
        plural(behaviour.max_in_flight, "request"),
        exits.collect::<Vec<_>>().join(", ")
    ))
}

/// The rounds that are part of the figures although the machine stalled in them.
fn stalled(strategy: &StrategyResult) -> Option<String> {
    let rounds = strategy.stalled_rounds.iter().map(ToString::to_string);
    let rounds: Vec<_> = rounds.collect();
    (!rounds.is_empty()).then(|| {
        let verb = if rounds.len() == 1 { "is" } else { "are" };
        let count = plural(rounds.len(), "stalled round");
        format!("{count} {verb} in the figures: {}", rounds.join(", "))
    })
}

/// Why rounds of a cell were repeated.
fn repeated(cell: &Cell) -> Vec<String> {
    let repeated = cell.repeated_rounds.iter();
    repeated
        .map(|one| {
            format!(
                "round {} was repeated: {}: {}",
                one.round, one.strategy, one.message
            )
        })
        .collect()
}

/// About a comparison as a whole: the figures of the baseline, the thresholds that held, and what the harness itself adds.
pub(super) fn of_comparison(comparison: &Comparison) -> Vec<String> {
    let baseline = comparison.baseline.iter();
    let baseline = baseline.filter(|one| !one.figures.is_empty()).map(|one| {
        let figures = one.figures.iter().map(|figure| {
            let [before, now] = figure.texts();
            format!("{} {before}, now {now}", figure.metric)
        });
        format!(
            "Baseline: {}: {}",
            one.name,
            figures.collect::<Vec<_>>().join("; ")
        )
    });
    let held = comparison.thresholds.iter();
    let held = held.filter(|one| one.status == ThresholdStatus::Held);
    let held = held.map(|one| format!("Threshold {}: {}", one.status, one.message));
    baseline.chain(held).chain(overhead(comparison)).collect()
}

/// What the harness itself adds.
fn overhead(comparison: &Comparison) -> Option<String> {
    let overhead = comparison.measurement_overhead.as_ref()?;
    Some(format!(
        "Measurement overhead (no delay, concurrency 1, a request every 5 ms): p50 {}, p99 {} over {} requests",
        micros(overhead.p50_us),
        micros(overhead.p99_us),
        overhead.attempts
    ))
}

/// The title of a timeline.
pub(super) fn timeline_title(strategy: &StrategyResult) -> String {
    let attempts = plural(strategy.median_round_attempt_count, "attempt");
    let (name, round, wall) = (
        &strategy.name,
        strategy.median_round,
        micros(strategy.wall_us.median),
    );
    format!("{name}, round {round}: {attempts}, {wall}")
}

fn micros(micros: u64) -> String {
    HumanDuration::from_micros(micros).to_string()
}
