//! Finds a strategy of a result in its baseline.

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use crate::experiment::spec::experiment::HYPER;
use flagpole_analysis::comparison::{Cell, Comparison, StrategyResult};
use flagpole_analysis::validity::Validity;
use serde_json::Value;
use std::collections::BTreeMap;

/// The same strategy under the same conditions in the baseline, or why the two cannot be compared.
pub(super) fn counterpart<'a>(
    new: &Comparison,
    baseline: &'a Comparison,
    cell: &Cell,
    strategy: &StrategyResult,
) -> Result<&'a StrategyResult, String> {
    let candidates = at_any_concurrency(baseline, cell, &strategy.name);
    let Some((_, first)) = candidates.first() else {
        return Err("not in the baseline".to_owned());
    };
    if let Some(other) = other_transport(baseline) {
        return Err(format!(
            "different transport: {other} in the baseline, now {HYPER}"
        ));
    }
    if baseline.experiment.get("policies") != new.experiment.get("policies") {
        return Err("different policy in the baseline".to_owned());
    }
    let mut candidates = candidates.iter();
    let Some((cell, old)) = candidates.find(|(_, old)| old.concurrency == strategy.concurrency)
    else {
        let (then, now) = (first.concurrency, strategy.concurrency);
        return Err(format!(
            "different concurrency: {then} in the baseline, now {now}"
        ));
    };
    let mut reasons = cell.verdict.reasons.iter();
    if let Some(invalid) = reasons.find(|reason| reason.severity == Validity::Invalid) {
        return Err(format!("invalid in the baseline: {}", invalid.message));
    }
    if old.fates_digest != strategy.fates_digest {
        return Err("different fates in the baseline".to_owned());
    }
    Ok(old)
}

/// The strategies of this name in cells that differ from `cell` in the concurrency at most.
fn at_any_concurrency<'a>(
    baseline: &'a Comparison,
    cell: &Cell,
    name: &str,
) -> Vec<(&'a Cell, &'a StrategyResult)> {
    let other_conditions = |cell: &Cell| {
        let mut conditions: BTreeMap<_, _> = cell.conditions.iter().cloned().collect();
        conditions.remove(MAX_CONCURRENCY);
        conditions
    };
    let wanted = other_conditions(cell);
    let cells = baseline.cells.iter();
    let cells = cells.filter(|cell| other_conditions(cell) == wanted);
    let strategies = cells.flat_map(|cell| cell.strategies.iter().map(move |one| (cell, one)));
    strategies.filter(|(_, old)| old.name == name).collect()
}

/// A transport other than the one that is left, in a result of a version that had a choice.
fn other_transport(result: &Comparison) -> Option<&str> {
    let names = result.experiment.pointer("/grid/transports")?.as_array()?;
    let mut names = names.iter().filter_map(Value::as_str);
    names.find(|name| *name != HYPER)
}
