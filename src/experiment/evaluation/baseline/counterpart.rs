//! Finds a strategy of a result in its baseline.

use crate::experiment::runner::conditions::{MAX_CONCURRENCY, TRANSPORT};
use flagpole_analysis::comparison::{Cell, Comparison, StrategyResult, WallMeasuredAt};
use flagpole_analysis::validity::Validity;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Why nothing is compared under conditions that the baseline does not have.
pub(super) const OTHER_CONDITIONS: &str = "not in the baseline";

/// A strategy under the conditions of a cell.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) conditions: &'a [(String, String)],
    pub(super) name: &'a str,
    pub(super) concurrency: usize,
    /// The command of a program, whose concurrency is known only after the run.
    pub(super) command: Option<&'a str>,
    /// Where wall times are measured.
    pub(super) wall_measured_at: WallMeasuredAt,
}

/// The same strategy under the same conditions in the baseline, or why the two cannot be compared.
pub(super) fn counterpart<'a>(
    new: &Comparison,
    baseline: &'a Comparison,
    cell: &Cell,
    strategy: &StrategyResult,
) -> Result<&'a StrategyResult, String> {
    let subject = Subject {
        conditions: &cell.conditions,
        name: &strategy.name,
        concurrency: strategy.concurrency,
        command: strategy.program.as_ref().map(|one| one.command.as_str()),
        wall_measured_at: cell.wall_measured_at,
    };
    let old = candidate(&new.experiment, baseline, subject)?;
    // A digest that one result lacks is unknown: earlier versions gave one without knowing the delays.
    let differ = |old: &Option<String>, new: &Option<String>| {
        let both = old.as_ref().zip(new.as_ref());
        both.is_some_and(|(old, new)| old != new)
    };
    if differ(&old.fates_digest, &strategy.fates_digest) {
        return Err("different fates in the baseline".to_owned());
    }
    if differ(&old.bodies_digest, &strategy.bodies_digest) {
        return Err("different bodies in the baseline".to_owned());
    }
    Ok(old)
}

/// The same strategy under the same conditions in the baseline, or why the two cannot be compared, as far as that is
/// known before the run. `experiment` is that of the run.
pub(super) fn candidate<'a>(
    experiment: &Value,
    baseline: &'a Comparison,
    subject: Subject<'_>,
) -> Result<&'a StrategyResult, String> {
    let candidates = at_any_concurrency(baseline, subject);
    let Some((_, first)) = candidates.first() else {
        let known = strategies_under(baseline, subject.conditions);
        let known: BTreeSet<_> = known.map(|(_, one)| one.name.as_str()).collect();
        return Err(if known.is_empty() {
            OTHER_CONDITIONS.to_owned()
        } else {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            format!("no such strategy in the baseline; it has {known}")
        });
    };
    let (then, now) = (transport(&baseline.experiment), transport(experiment));
    if then != now {
        return Err(format!(
            "different transport: {then} in the baseline, now {now}"
        ));
    }
    if baseline.experiment.get("policies") != experiment.get("policies") {
        return Err("different policy in the baseline".to_owned());
    }
    let is_alike = |(cell, old): &&(&Cell, &StrategyResult)| match subject.command {
        Some(_) => concurrency_of(&cell.conditions) == concurrency_of(subject.conditions),
        None => old.concurrency == subject.concurrency,
    };
    let Some((cell, old)) = candidates.iter().find(is_alike) else {
        let (then, now) = (first.concurrency, subject.concurrency);
        return Err(format!(
            "different concurrency: {then} in the baseline, now {now}"
        ));
    };
    let command = old.program.as_ref().map(|program| program.command.as_str());
    if command != subject.command {
        return Err("different command in the baseline".to_owned());
    }
    if cell.wall_measured_at != subject.wall_measured_at {
        let place = |clock| match clock {
            WallMeasuredAt::Client => "measured at the client",
            WallMeasuredAt::Server => "measured at the server",
        };
        return Err(format!(
            "wall times: {} in the baseline, now {}",
            place(cell.wall_measured_at),
            place(subject.wall_measured_at)
        ));
    }
    let mut reasons = cell.verdict.reasons.iter();
    if let Some(invalid) = reasons.find(|reason| reason.severity == Validity::Invalid) {
        return Err(format!("invalid in the baseline: {}", invalid.message));
    }
    Ok(old)
}

/// The strategies of this name in cells whose conditions differ in concurrency and transport at most.
fn at_any_concurrency<'a>(
    baseline: &'a Comparison,
    subject: Subject<'_>,
) -> Vec<(&'a Cell, &'a StrategyResult)> {
    strategies_under(baseline, subject.conditions)
        .filter(|(_, old)| old.name == subject.name)
        .collect()
}

/// All strategies in cells whose conditions differ from these in concurrency and transport at most.
fn strategies_under<'a>(
    baseline: &'a Comparison,
    conditions: &[(String, String)],
) -> impl Iterator<Item = (&'a Cell, &'a StrategyResult)> {
    let others = |conditions: &[(String, String)]| -> BTreeMap<String, String> {
        let others = conditions
            .iter()
            .filter(|(name, _)| name != MAX_CONCURRENCY && name != TRANSPORT);
        others.cloned().collect()
    };
    let wanted = others(conditions);
    let cells = baseline.cells.iter();
    let cells = cells.filter(move |cell| others(&cell.conditions) == wanted);
    cells.flat_map(|cell| cell.strategies.iter().map(move |one| (cell, one)))
}

/// The concurrency that was asked for, where cells differ in it.
fn concurrency_of(conditions: &[(String, String)]) -> Option<&str> {
    let mut conditions = conditions.iter();
    let found = conditions.find(|(name, _)| name == MAX_CONCURRENCY);
    found.map(|(_, value)| value.as_str())
}

/// The transport of an experiment. Those of earlier versions do not name it: they had none but hyper, or, in the first
/// versions, a list.
fn transport(experiment: &Value) -> &str {
    let named = experiment.get("transport").and_then(Value::as_str);
    let listed = experiment
        .pointer("/grid/transports")
        .and_then(Value::as_array);
    let mut listed = listed.into_iter().flatten().filter_map(Value::as_str);
    let other = listed.find(|name| *name != "hyper");
    named.or(other).unwrap_or("hyper")
}
