//! What the rounds of a cell come to: rows side by side, what binds, and whether it can be believed.

use crate::experiment::evaluation::plan_predictor::PlanPredictor;
use crate::experiment::evaluation::validity;
use crate::experiment::runner::cell_run::CellRun;
use crate::experiment::runner::conditions::{CellConditions, MAX_CONCURRENCY};
use crate::experiment::runner::environment::usable_cores;
use anyhow::Result;
use flagpole_analysis::bottleneck::{Bottleneck, RunEvidence};
use flagpole_analysis::bound::{BoundTerms, ServerLimits, ServerRate};
use flagpole_analysis::comparison::concurrency_curve::{Point, knee};
use flagpole_analysis::report::timeline;
use flagpole_analysis::report::{
    BottleneckView, Cell, Comparison, ConcurrencyCurve, Ratio, StrategyResult, Trial,
    representative,
};
use flagpole_analysis::stats::ratio_estimate::{MIN_ROUNDS, RatioEstimate};
use flagpole_protocol::{AttemptRecord, Outcome};
use flagpole_server::config::listener::Listener;
use std::collections::BTreeMap;
use std::time::Duration;

/// The size of a waterfall, in letters.
const WATERFALL: (usize, usize) = (60, 6);

/// The cell that was run.
pub(crate) fn cell(conditions: &CellConditions<'_>, mut ran: CellRun) -> Result<Cell> {
    let listener = conditions.listener()?;
    let limits = listener.as_ref().map_or_else(ServerLimits::default, limits);
    keep_what_there_is(&mut ran);
    if let Some(listener) = &listener {
        let foretold = PlanPredictor::of(conditions.experiment.seed.0.0, listener)?;
        let trials = ran.trials.iter_mut().flatten();
        let records = trials.flat_map(|trial| &mut trial.measured.records);
        records.for_each(|record| foretold.complete(record));
    }
    let mut rows = Vec::new();
    for (contender, trials) in conditions.variants.iter().zip(&mut ran.trials) {
        let policy = contender.policy()?;
        let whole = policy.timeouts.total;
        for trial in trials.iter_mut() {
            let measured = &trial.measured;
            trial.terms =
                BoundTerms::for_attempts(&measured.records, measured.concurrency, whole, limits);
        }
        let trials: Vec<&Trial> = trials.iter().collect();
        if let Some(row) = StrategyResult::of(&contender.name, &trials) {
            rows.push(with_reasons(row, &trials, whole, limits));
        }
    }
    beside_each_other(&mut rows);
    draw(&mut rows, conditions, &ran);
    let verdict = validity::judgement(conditions, &ran, &mut rows)?;
    Ok(Cell {
        conditions: conditions.as_pairs(listener.as_ref()),
        rounds: ran.trials.iter().map(Vec::len).max().unwrap_or(0),
        order: ran.order,
        rows,
        server: ran.served,
        verdict,
    })
}

/// Where the rounds broke off in the one for warming up, that is all there is; and of a contender that came
/// to no end but one, the trial that broke them off.
fn keep_what_there_is(ran: &mut CellRun) {
    if !ran.trials.iter().all(Vec::is_empty) {
        return;
    }
    let there = ran.warm_up.drain(..).chain(ran.aborted_trial.take());
    for (contender, trial) in there {
        if ran.trials[contender].is_empty() && trial.measured.stats.attempts() > 0 {
            ran.trials[contender].push(trial);
        }
    }
}

fn limits(listener: &Listener) -> ServerLimits {
    ServerLimits {
        concurrency: listener.capacity.map(|seats| seats as usize),
        rate: listener.rate_limit.map(|limit| ServerRate {
            per_second: limit.per_second(),
            burst: limit.burst().into(),
        }),
    }
}

/// The pictures of the median rounds, all on one scale.
fn draw(rows: &mut [StrategyResult], conditions: &CellConditions<'_>, ran: &CellRun) {
    let medians: Vec<_> = (conditions.variants.iter().zip(&ran.trials))
        .filter_map(|(contender, trials)| {
            let trials: Vec<&Trial> = trials.iter().collect();
            Some((&contender.name, &representative(&trials)?.measured.records))
        })
        .collect();
    let all = medians.iter().flat_map(|(_, records)| records.iter());
    let span = all.map(|record| record.done).max().unwrap_or_default();
    let (width, height) = WATERFALL;
    for row in rows {
        let records = medians.iter().find(|(name, _)| **name == row.strategy);
        if let Some((_, records)) = records {
            row.waterfall = timeline::within(records, span, width, height);
        }
    }
}

/// What binds it.
fn with_reasons(
    row: StrategyResult,
    trials: &[&Trial],
    whole: Option<Duration>,
    limits: ServerLimits,
) -> StrategyResult {
    let Some(median) = representative(trials) else {
        return row;
    };
    let cpu = median.cost.cpu_us();
    let binding = Bottleneck::for_run(&RunEvidence {
        records: &median.measured.records,
        concurrency: median.measured.concurrency,
        wall: median.measured.wall,
        timeout: whole,
        limits,
        cpu: (cpu > 0).then(|| Duration::from_micros(cpu)),
        cores: usable_cores(median),
    });
    StrategyResult {
        binding: Some(BottleneckView {
            what: binding.kind.label().to_owned(),
            evidence: binding.evidence,
            remedy: binding.remedy,
            terms: binding.terms,
        }),
        ..row
    }
}

/// Each row beside the first and beside the fastest, where they did the same work.
fn beside_each_other(rows: &mut [StrategyResult]) {
    let all = rows.to_vec();
    let Some((first, fastest)) = all.first().zip(fastest(&all)) else {
        return;
    };
    for row in rows {
        let work = row.work();
        let is_like = |other: &StrategyResult| other.work().is_like(&work);
        let unlike = [first, fastest].into_iter().find(|other| !is_like(other));
        row.unlike = unlike.map(|other| other.strategy.clone());
        if is_like(first) {
            row.speedup = ratio(first, row, &first.strategy);
        }
        if row.strategy != fastest.strategy && is_like(fastest) {
            row.behind = ratio(row, fastest, &fastest.strategy);
        }
    }
}

/// The fastest of those that did as much as anyone: who fails is soon done.
fn fastest(rows: &[StrategyResult]) -> Option<&StrategyResult> {
    let most = rows.iter().max_by(|one, other| {
        let (one, other) = (one.work().done(), other.work().done());
        one.total_cmp(&other)
    })?;
    let like = rows.iter().filter(|row| row.work().is_like(&most.work()));
    like.min_by_key(|row| row.wall_us.median)
}

/// How many times as long one took as the other, by the rounds that both have.
fn ratio(one: &StrategyResult, other: &StrategyResult, to: &str) -> Option<Ratio> {
    let walls = |row: &StrategyResult| -> BTreeMap<usize, f64> {
        let rounds = row.rounds.iter();
        rounds
            .map(|round| (round.round, round.wall_us as f64))
            .collect()
    };
    let (one_walls, other_walls) = (walls(one), walls(other));
    let both = one_walls
        .iter()
        .filter_map(|(round, wall)| Some((*wall, *other_walls.get(round)?)));
    let (ones, others): (Vec<_>, Vec<_>) = both.unzip();
    let medians = one.wall_us.median as f64 / other.wall_us.median as f64;
    let is_itself = one.strategy == other.strategy;
    let estimate = (ones.len() >= MIN_ROUNDS && !is_itself)
        .then(|| RatioEstimate::paired(&ones, &others).ok())
        .flatten();
    medians.is_finite().then(|| Ratio {
        to: to.to_owned(),
        ratio: estimate.map_or(medians, |estimate| estimate.ratio),
        interval: estimate.map(|estimate| [estimate.low, estimate.high]),
        is_difference: estimate.map(|estimate| estimate.is_significant()),
        smallest: estimate.map(|estimate| estimate.minimum_detectable_effect),
    })
}

/// The reasons for which a comparison is not valid.
pub(crate) fn invalid(comparison: &Comparison) -> Vec<String> {
    let doubts = comparison
        .cells
        .iter()
        .flat_map(|cell| &cell.verdict.reasons);
    let invalid = doubts.filter(|doubt| doubt.severity == "INVALID");
    let mut told: Vec<String> = Vec::new();
    for doubt in invalid {
        // What is wrong with the floor is wrong with every cell.
        if !told.contains(&doubt.reason) {
            told.push(doubt.reason.clone());
        }
    }
    told
}

/// Where cells differ in nothing but their lanes: how many are worth having.
pub(crate) fn knees(cells: &[Cell]) -> Vec<ConcurrencyCurve> {
    let mut curves: BTreeMap<(Vec<String>, &str), Vec<Point>> = BTreeMap::new();
    for cell in cells {
        let others = cell
            .conditions
            .iter()
            .filter(|(name, _)| name != MAX_CONCURRENCY);
        let others: Vec<_> = others
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        for row in cell.rows.iter().filter(|row| row.concurrency > 1) {
            let curve = curves.entry((others.clone(), &row.strategy)).or_default();
            curve.push(Point {
                lanes: row.concurrency,
                goodput: row.goodput(),
            });
        }
    }
    let told = |((conditions, strategy), points): ((Vec<String>, &str), Vec<Point>)| {
        Some(ConcurrencyCurve {
            strategy: strategy.to_owned(),
            conditions: conditions.join(", "),
            knee: knee(&points)?,
            points,
        })
    };
    curves.into_iter().filter_map(told).collect()
}

/// Whether there are errors that nobody asked for. What a server of ours does to its answers was asked
/// for; that it can not be reached, or a file not be saved, was not.
pub(crate) fn has_failed(ran: &CellRun, is_ours: bool) -> bool {
    let failed = |record: &AttemptRecord| match &record.outcome {
        Outcome::Ok
        | Outcome::NotModified
        | Outcome::NotFound
        | Outcome::Redirected(_)
        | Outcome::HedgeLost => false,
        Outcome::ConnectionRefused
        | Outcome::ConnectFailed { .. }
        | Outcome::WriteFailed { .. }
        | Outcome::Cancelled => true,
        Outcome::Http(_)
        | Outcome::TooManyRedirects
        | Outcome::Timeout(..)
        | Outcome::ConnectionReset
        | Outcome::ConnectionError { .. }
        | Outcome::EmptyReply
        | Outcome::IncompleteBody
        | Outcome::Corrupt
        | Outcome::ProtocolError(_)
        | Outcome::TooLarge
        | Outcome::BadMetadata(_) => !is_ours,
    };
    let mut records = ran.all_trials().flat_map(|trial| &trial.measured.records);
    records.any(|record| record.is_final && failed(record))
}
