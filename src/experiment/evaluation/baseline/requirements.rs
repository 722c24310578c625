//! What thresholds need of a baseline, checked before the run.

use super::counterpart::{OTHER_CONDITIONS, Subject, candidate};
use crate::experiment::spec::experiment::Experiment;
use anyhow::{Result, anyhow, bail};
use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::comparison::threshold::Threshold;
use flagpole_protocol::ServerIdentity;
use std::collections::BTreeSet;

/// Why latencies of schema 3 are not compared with those of now.
pub(super) const OTHER_LATENCIES: &str =
    "those of the baseline, of schema 3, are of attempts and mix failures with successes";

/// Checks that there is a baseline if a threshold needs one, that it has what the threshold needs of it, and that
/// anything can be compared with it. `server` is the external server, if it is flagpole.
pub(crate) fn check(
    experiment: &Experiment,
    server: Option<&ServerIdentity>,
    baseline: Option<&Comparison>,
) -> Result<()> {
    check_thresholds(&experiment.fail_if, baseline)?;
    let check = |baseline| check_conditions(experiment, server, baseline);
    baseline.map_or(Ok(()), check)
}

pub(super) fn check_thresholds(
    thresholds: &[Threshold],
    baseline: Option<&Comparison>,
) -> Result<()> {
    for threshold in thresholds.iter().filter(|one| one.needs_baseline()) {
        let missing = match baseline {
            Some(baseline) => missing(threshold, baseline),
            None => Some("needs --baseline".to_owned()),
        };
        if let Some(missing) = missing {
            return Err(anyhow!("--fail-if: `{threshold}`: {missing}"));
        }
    }
    Ok(())
}

/// Rejects a baseline with which nothing can be compared, or not what a threshold is about.
fn check_conditions(
    experiment: &Experiment,
    server: Option<&ServerIdentity>,
    baseline: &Comparison,
) -> Result<()> {
    let document = serde_json::to_value(experiment)?;
    let variants = experiment.strategy_variants()?;
    let mut objections = Vec::new();
    let mut is_comparable = false;
    for cell in experiment.cells(&variants, server) {
        let listener = cell.listener()?;
        let conditions = cell.as_pairs(listener.as_ref());
        for variant in &variants {
            let command = variant.program().map(|one| one.command.to_string());
            let subject = Subject {
                conditions: &conditions,
                name: &variant.name,
                concurrency: variant.concurrency(cell.concurrency).get(),
                command: command.as_deref(),
                wall_measured_at: cell.wall_measured_at(),
            };
            match candidate(&document, baseline, subject) {
                Ok(_) => is_comparable = true,
                Err(reason) => {
                    let has = match reason.as_str() {
                        OTHER_CONDITIONS => conditions_of(baseline),
                        _ => String::new(),
                    };
                    let conditions = describe(&conditions);
                    objections.push((&variant.name, format!("{conditions}: {reason}{has}")));
                }
            }
        }
    }
    let needs = |name: &str| {
        let mut thresholds = experiment.fail_if.iter();
        thresholds.find(|one| one.needs_baseline() && one.name == name)
    };
    for (name, objection) in &objections {
        if let Some(threshold) = needs(name) {
            bail!("--fail-if: `{threshold}`: {objection}");
        }
    }
    match objections.first() {
        Some((name, objection)) if !is_comparable => {
            bail!("--baseline: no strategy can be compared; {name} under {objection}")
        }
        _ => Ok(()),
    }
}

/// The conditions of the first cell, as the end of a sentence.
fn conditions_of(baseline: &Comparison) -> String {
    let first = baseline.cells.first();
    first.map_or(String::new(), |cell| {
        format!(", which has {}", describe(&cell.conditions))
    })
}

fn describe(conditions: &[(String, String)]) -> String {
    let conditions = conditions.iter();
    let conditions: Vec<_> = conditions
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    conditions.join(", ")
}

fn missing(threshold: &Threshold, baseline: &Comparison) -> Option<String> {
    let name = &threshold.name;
    let strategies = baseline.cells.iter().flat_map(|cell| &cell.strategies);
    let of_name = strategies.clone().filter(|one| one.name == *name);
    let Some(rounds) = of_name.map(|one| one.rounds.len()).max() else {
        let known: BTreeSet<_> = strategies.map(|one| one.name.as_str()).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Some(format!(
            "the baseline has no strategy `{name}`; it has {known}"
        ));
    };
    if threshold.is_about_latency() && !baseline.has_download_times() {
        return Some(format!(
            "latencies cannot be compared: {OTHER_LATENCIES}; measure it again"
        ));
    }
    let required = threshold.required_rounds();
    (rounds < required).then(|| {
        format!("an interval needs {required} rounds of the baseline, which has {rounds}; measure it again")
    })
}
