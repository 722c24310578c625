//! What speaks against the figures of a cell: gathered here, weighed by
//! `flagpole_client::comparison::verdict`.

use super::cell::{Conditions, Ran};
use super::judge::usable_cores;
use super::unreached;
use anyhow::Result;
use flagpole_client::comparison::fates::{self, Fates, FatesHash};
use flagpole_client::comparison::verdict::{Observation, Observed, Reason, Served, Verdict};
use flagpole_client::report::{self, Doubt, Judgement, Row, Trial};
use flagpole_client::{Kind, Record};
use std::collections::BTreeMap;
use std::time::Duration;

/// The highest percentile that a result gives.
const PERCENTILE: f64 = 0.99;

/// Whether the cell can be believed. Writes into the rows which fates they met.
pub(crate) fn judgement(
    conditions: &Conditions<'_>,
    ran: &Ran,
    rows: &mut [Row],
) -> Result<Judgement> {
    let hashes = hashes(conditions, ran)?;
    let mut strategies = Vec::new();
    for ((contender, trials), hashes) in conditions.contenders.iter().zip(&ran.trials).zip(hashes) {
        let fates = common(hashes);
        if let Some(row) = rows.iter_mut().find(|row| row.strategy == contender.name) {
            row.fates = fates.as_ref().map(ToString::to_string);
            strategies.push(observation(&contender.name, trials, fates));
        }
    }
    let observed = Observed {
        rounds: ran.trials.iter().map(Vec::len).min().unwrap_or(0),
        asked: conditions.experiment.rounds.get(),
        served: served(ran),
        strategies,
        others: [
            unreached::reasons(ran),
            ledgers(ran),
            nothing(conditions, ran),
        ]
        .concat(),
        broken: broken(conditions, ran),
    };
    let verdict = Verdict::of(&observed);
    let reasons = verdict.reasons.iter().map(|told| Doubt {
        severity: told.severity.to_string(),
        label: told.label.to_owned(),
        reason: told.sentence.clone(),
    });
    Ok(Judgement {
        validity: verdict.validity.to_string(),
        reasons: reasons.collect(),
    })
}

/// Whether somebody else's server gave nothing at all. What a server of ours does was asked for.
fn nothing(conditions: &Conditions<'_>, ran: &Ran) -> Vec<Reason> {
    let is_asked = conditions.experiment.url.is_none() || ran.broken.is_some();
    let is_something = ran.all_trials().any(|trial| trial.measured.tally.ok > 0);
    let is_nothing = !is_asked && !is_something;
    is_nothing
        .then_some(Reason::NothingDone)
        .into_iter()
        .collect()
}

/// What went wrong here and with the floor, on which all rests.
fn broken(conditions: &Conditions<'_>, ran: &Ran) -> Vec<String> {
    let trouble = conditions.trouble.map(str::to_owned);
    ran.broken.clone().into_iter().chain(trouble).collect()
}

/// What each trial of each contender met, over what can be compared between all of them.
fn hashes(conditions: &Conditions<'_>, ran: &Ran) -> Result<Vec<Vec<FatesHash>>> {
    let mut all = Vec::new();
    for (contender, trials) in conditions.contenders.iter().zip(&ran.trials) {
        let policy = contender.policy()?;
        // Another policy makes other attempts; the first ones are the same under all.
        let firsts_only = policy.budget.is_some() || !conditions.experiment.policies.is_empty();
        for trial in trials {
            let fates = Fates::of(&trial.measured.records);
            all.push(if firsts_only { fates.firsts() } else { fates });
        }
    }
    let mut hashes = fates::hashes(&all).into_iter();
    let counts = ran.trials.iter().map(Vec::len);
    Ok(counts
        .map(|count| hashes.by_ref().take(count).collect())
        .collect())
}

/// What all rounds of a contender met; one that others did not, if they differ.
fn common(mut hashes: Vec<FatesHash>) -> Option<FatesHash> {
    hashes.sort_unstable();
    let first = hashes.first()?.clone();
    let other = hashes.into_iter().find(|hash| *hash != first);
    Some(other.unwrap_or(first))
}

fn observation(name: &str, trials: &[Trial], fates: Option<FatesHash>) -> Observation {
    let efficiencies = trials.iter().filter_map(Trial::efficiency);
    let cpu = trials.iter().map(|trial| trial.cost.cpu_us()).sum();
    let books: Option<Vec<_>> = trials
        .iter()
        .map(|one| books(&one.measured.records))
        .collect();
    let books = books.filter(|books| !books.is_empty());
    Observation {
        name: name.to_owned(),
        walls: trials.iter().map(|trial| trial.measured.wall).collect(),
        cpu: Some(Duration::from_micros(cpu)),
        cores: trials.first().map_or(1, usable_cores),
        busy: books
            .as_ref()
            .map(|books| books.iter().map(|(busy, _)| *busy).sum()),
        attempts_took: books.map(|books| books.iter().map(|(_, took)| *took).sum()),
        fates,
        ledgers: None,
        efficiency: efficiencies.max_by(f64::total_cmp),
        samples: trials.iter().map(|one| one.measured.tally.attempts()).sum(),
        percentile: Some(PERCENTILE),
    }
}

/// How long lanes were busy, from the first attempt of each to its last, and how long those attempts
/// took. Only where lanes have an identity and none of them ever had nothing to do.
fn books(records: &[Record]) -> Option<(Duration, Duration)> {
    let mut lanes: BTreeMap<usize, (Duration, Duration)> = BTreeMap::new();
    let mut took = Duration::ZERO;
    for record in records {
        if !record.backoff.is_zero() || record.kind == Kind::Hedge {
            return None;
        }
        let lane = lanes
            .entry(record.lane?)
            .or_insert((record.due, record.done));
        *lane = (lane.0.min(record.due), lane.1.max(record.done));
        took += record.from_due();
    }
    let busy = lanes
        .values()
        .map(|(from, to)| to.saturating_sub(*from))
        .sum();
    Some((busy, took))
}

fn served(ran: &Ran) -> Served {
    let Some(account) = &ran.served else {
        return Served::default();
    };
    let records = ran.all_trials().flat_map(|trial| &trial.measured.records);
    let planned = records.filter_map(|record| Some(record.timing.as_ref()?.planned));
    let mut planned: Vec<_> = planned.filter(|delay| !delay.is_zero()).collect();
    planned.sort_unstable();
    let micros = account.lateness_p99_us.max(0.0);
    Served {
        delay: planned.get(planned.len() / 2).copied(),
        lateness: (account.delayed > 0).then(|| Duration::from_secs_f64(micros / 1e6)),
        early: account.early,
    }
}

/// Whether the server's account and the client's records are of the same attempts.
fn ledgers(ran: &Ran) -> Vec<Reason> {
    // A trial that broke off took its records with it.
    let Some(account) = ran.served.as_ref().filter(|_| ran.broken.is_none()) else {
        return Vec::new();
    };
    let records = || ran.all_trials().flat_map(|trial| &trial.measured.records);
    let most = records().count() as u64;
    // An attempt that was given up, or never connected, may or may not have reached the server.
    let certain = records().filter(|record| record.status.is_some()).count() as u64;
    let mut seen: BTreeMap<u16, u64> = BTreeMap::new();
    for status in records().filter_map(|record| record.status) {
        *seen.entry(status).or_default() += 1;
    }
    let report::Served {
        requests,
        by_status,
        ..
    } = account;
    let agree = (certain..=most).contains(requests) && (certain < most || seen == *by_status);
    let disagree = Reason::Ledgers {
        strategy: "all together".to_owned(),
        client: most,
        server: *requests,
    };
    if agree { Vec::new() } else { vec![disagree] }
}
