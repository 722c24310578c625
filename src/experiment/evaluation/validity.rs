//! What speaks against the figures of a cell: gathered here, weighed by
//! `flagpole_analysis::validity::verdict`.

use crate::experiment::evaluation::connect_failures;
use crate::experiment::runner::cell_run::CellRun;
use crate::experiment::runner::conditions::CellConditions;
use crate::experiment::runner::environment::{cores, usable_cores};
use crate::experiment::spec::strategy_variant::StrategyVariant;
use anyhow::Result;
use flagpole_analysis::comparison::plan_digest;
use flagpole_analysis::comparison::plan_digest::{Compared, FatesDigest, PlannedFates};
use flagpole_analysis::report::{StrategyResult, Trial, ValidityIssue, ValidityReport};
use flagpole_analysis::stats::sample_size::{effective_sample_size, required_samples};
use flagpole_analysis::validity::reconcile;
use flagpole_analysis::validity::reconcile::Mismatch;
use flagpole_analysis::validity::verdict::{
    CellEvidence, Reason, Served, StrategyEvidence, Verdict,
};
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// The percentiles that are printed, and that thresholds may be about.
const PERCENTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// Whether the cell can be believed. Writes into the rows which fates they met.
pub(crate) fn judgement(
    conditions: &CellConditions<'_>,
    ran: &CellRun,
    rows: &mut [StrategyResult],
) -> Result<ValidityReport> {
    let compared = compared(conditions, ran)?;
    let served = served(ran);
    let mut strategies = Vec::new();
    let contenders = conditions.variants.iter().zip(&ran.trials);
    for ((contender, trials), compared) in contenders.zip(compared) {
        let Some(row) = rows.iter_mut().find(|row| row.strategy == contender.name) else {
            continue;
        };
        let sum = |of: fn(&Compared) -> usize| compared.iter().map(of).sum::<usize>() as u64;
        (row.compared, row.apart) = (sum(|one| one.attempts), sum(|one| one.apart));
        row.stalled = stalled(trials, served);
        let fates = common(compared);
        row.fates = fates.as_ref().map(ToString::to_string);
        let seen = observation(contender, row, trials, fates);
        // What no sample is sure to lie beyond is not known.
        row.percentiles
            .retain(|point| required_samples(point.share) <= seen.samples);
        strategies.push(seen);
    }
    let observed = CellEvidence {
        rounds: ran.trials.iter().map(Vec::len).min().unwrap_or(0),
        asked: conditions.experiment.rounds.get(),
        served,
        cores: cores(),
        strategies,
        others: [connect_failures::reasons(ran), nothing(conditions, ran)].concat(),
        broken: broken(conditions, ran),
    };
    let verdict = Verdict::of(&observed);
    let reasons = verdict.reasons.iter().map(|told| ValidityIssue {
        severity: told.severity.to_string(),
        label: told.label.to_owned(),
        reason: told.sentence.clone(),
    });
    Ok(ValidityReport {
        validity: verdict.validity.to_string(),
        reasons: reasons.collect(),
    })
}

/// Whether somebody else's server gave nothing at all. What a server of ours does was asked for.
fn nothing(conditions: &CellConditions<'_>, ran: &CellRun) -> Vec<Reason> {
    let is_asked = conditions.experiment.url.is_none() || ran.abort_reason.is_some();
    let is_something = ran.all_trials().any(|trial| trial.measured.stats.ok > 0);
    let is_nothing = !is_asked && !is_something;
    is_nothing
        .then_some(Reason::NothingDone)
        .into_iter()
        .collect()
}

/// What went wrong here and with the floor, on which all rests.
fn broken(conditions: &CellConditions<'_>, ran: &CellRun) -> Vec<String> {
    let trouble = conditions.overhead_error.map(str::to_owned);
    let broken = ran
        .abort_reason
        .as_ref()
        .map(|reason| reason.message.clone());
    broken.into_iter().chain(trouble).collect()
}

/// What each trial of each contender met, over what can be compared between all of them.
fn compared(conditions: &CellConditions<'_>, ran: &CellRun) -> Result<Vec<Vec<Compared>>> {
    let mut all = Vec::new();
    for (contender, trials) in conditions.variants.iter().zip(&ran.trials) {
        let policy = contender.policy()?;
        // Another policy makes other attempts; the first ones are the same under all.
        let firsts_only = policy.budget.is_some() || !conditions.experiment.policies.is_empty();
        for trial in trials {
            let fates = PlannedFates::of(&trial.measured.records);
            all.push(if firsts_only { fates.firsts() } else { fates });
        }
    }
    let mut compared = plan_digest::compared(&all).into_iter();
    let counts = ran.trials.iter().map(Vec::len);
    Ok(counts
        .map(|count| compared.by_ref().take(count).collect())
        .collect())
}

/// What all rounds of a contender met; one that others did not, if they differ.
fn common(compared: Vec<Compared>) -> Option<FatesDigest> {
    let mut hashes: Vec<_> = compared.into_iter().filter_map(|one| one.hash).collect();
    hashes.sort_unstable();
    let first = hashes.first()?.clone();
    let other = hashes.into_iter().find(|hash| *hash != first);
    Some(other.unwrap_or(first))
}

fn observation(
    contender: &StrategyVariant,
    row: &StrategyResult,
    trials: &[Trial],
    fates: Option<FatesDigest>,
) -> StrategyEvidence {
    let efficiencies = trials.iter().filter_map(Trial::efficiency);
    let cpu = trials.iter().map(|trial| trial.cost.cpu_us()).sum();
    let books: Option<Vec<_>> = trials
        .iter()
        .map(|one| books(&one.measured.records))
        .collect();
    let books = books.filter(|books| !books.is_empty());
    StrategyEvidence {
        name: contender.name.clone(),
        walls: trials.iter().map(|trial| trial.measured.wall).collect(),
        cpu: Some(Duration::from_micros(cpu)),
        cores: trials.first().map_or(1, usable_cores),
        busy: books
            .as_ref()
            .map(|books| books.iter().map(|(busy, _)| *busy).sum()),
        attempts_took: books.map(|books| books.iter().map(|(_, took)| *took).sum()),
        fates,
        server_cpu: trials.iter().map(server_cpu).sum(),
        ledgers: trials.iter().find_map(disagreement),
        lateness: trials.iter().filter_map(lateness).collect(),
        efficiency: efficiencies.max_by(f64::total_cmp),
        apart: row.apart,
        work: row.work(),
        policy: contender.policy.describe().join(", "),
        samples: effective_sample_size(trials.iter().flat_map(|one| &one.measured.records)),
        percentiles: PERCENTILES.to_vec(),
    }
}

/// How long lanes were busy, from the first attempt of each to its last, and how long those attempts
/// took. Only where lanes have an identity and none of them ever had nothing to do.
fn books(records: &[AttemptRecord]) -> Option<(Duration, Duration)> {
    let mut lanes: BTreeMap<usize, (Duration, Duration)> = BTreeMap::new();
    let mut took = Duration::ZERO;
    for record in records {
        if !record.backoff.is_zero() || record.kind == AttemptKind::Hedge {
            return None;
        }
        let lane = lanes
            .entry(record.worker?)
            .or_insert((record.due, record.done));
        *lane = (lane.0.min(record.due), lane.1.max(record.done));
        took += record.response_time();
    }
    let busy = lanes
        .values()
        .map(|(from, to)| to.saturating_sub(*from))
        .sum();
    Some((busy, took))
}

fn served(ran: &CellRun) -> Served {
    let Some(account) = &ran.served else {
        return Served::default();
    };
    let records = ran.all_trials().flat_map(|trial| &trial.measured.records);
    let planned = records.filter_map(|record| Some(record.timing.as_ref()?.planned));
    let mut planned: Vec<_> = planned.filter(|delay| !delay.is_zero()).collect();
    planned.sort_unstable();
    Served {
        delay: planned.get(planned.len() / 2).copied(),
        early: account.early,
    }
}

fn lateness(trial: &Trial) -> Option<Duration> {
    Duration::try_from_secs_f64(trial.lateness_us()? / 1e6).ok()
}

/// The rounds in which the answers were much too late.
fn stalled(trials: &[Trial], served: Served) -> Vec<usize> {
    let is_stalled = |trial: &&Trial| lateness(trial).is_some_and(|late| served.is_stalled(late));
    let stalled = trials.iter().filter(is_stalled);
    stalled.map(|trial| trial.round).collect()
}

fn server_cpu(trial: &Trial) -> Option<Duration> {
    let served = trial.served.as_ref()?;
    Some(Duration::from_micros(served.cpu_us))
}

/// Where the server's account of a trial and the client's records are not of the same attempts.
fn disagreement(trial: &Trial) -> Option<(usize, Mismatch)> {
    let served = trial.served.as_ref()?;
    let records = &trial.measured.records;
    let on = reconcile::disagreement(records, served.requests, &served.by_status)?;
    Some((trial.round, on))
}
