//! Compares a result with an earlier one, the baseline.

#[cfg(test)]
mod tests;

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use crate::experiment::spec::experiment::HYPER;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::{
    BaselineRatio, Cell, Comparison, Environment, Ratio, SCHEMA, StrategyResult,
};
use flagpole_analysis::stats::ComparisonCount;
use flagpole_analysis::validity::Validity;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The oldest schema that can be read: later schemas only add keys.
const OLDEST_SCHEMA: u32 = 3;

/// Reads a result file.
pub(crate) fn read(path: &Path) -> Result<Comparison> {
    let text = fs::read_to_string(path).map_err(anyhow::Error::from);
    let result = text.and_then(|text| parse(&text));
    result.with_context(|| format!("--baseline: {}", path.display()))
}

/// Parses the text of a result. Checks its schema first, because other keys depend on it.
fn parse(text: &str) -> Result<Comparison> {
    if text.trim().is_empty() {
        bail!("expected a result that `--result` wrote, got an empty file");
    }
    let document: Value = from_json(text)?;
    // Other formats have a `schema` too, but no cells.
    let schema = document
        .get("schema")
        .filter(|_| document.get("cells").is_some());
    let Some(schema) = schema.and_then(Value::as_u64) else {
        bail!("expected a result that `--result` wrote, got another JSON document");
    };
    if !(OLDEST_SCHEMA..=SCHEMA).contains(&u32::try_from(schema).unwrap_or(u32::MAX)) {
        bail!(
            "expected a result of schema {OLDEST_SCHEMA} to {SCHEMA}, got `{schema}`; measure the baseline again with \
             this version"
        );
    }
    from_json(text)
}

/// The differences of the environment, then the ratio of each strategy to itself in the baseline: above 1 it is slower than
/// in the baseline. The intervals of the strategies of a cell hold together.
pub(crate) fn compare(new: &Comparison, baseline: &Comparison) -> Vec<BaselineRatio> {
    let environment = environment_diff(&baseline.environment, &new.environment);
    let environment = environment.map(|message| BaselineRatio {
        name: "environment".to_owned(),
        ratio: None,
        message,
    });
    let cells = new.cells.iter();
    let strategies = cells.flat_map(|cell| cell.strategies.iter().map(move |one| (cell, one)));
    let ratios = strategies.map(|(cell, strategy)| {
        let (ratio, message) = match counterpart(new, baseline, cell, strategy) {
            Ok(old) => ratio(old, strategy, ComparisonCount::new(cell.strategies.len())),
            Err(reason) => (None, reason),
        };
        let name = new.prefix(cell) + &strategy.name;
        BaselineRatio {
            name,
            ratio,
            message,
        }
    });
    environment.into_iter().chain(ratios).collect()
}

/// The same strategy under the same conditions in the baseline, or why the two cannot be compared.
fn counterpart<'a>(
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

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow!("expected a result that `--result` wrote, got something else at line {line}, column {column}")
    })
}

/// The differences of machine, version and build. Load and time always differ and are not compared.
fn environment_diff(then: &Environment, now: &Environment) -> Option<String> {
    let build = |optimised| {
        if optimised {
            "release build"
        } else {
            "debug build"
        }
    };
    let describe = |environment: &Environment| {
        [
            environment.processor.clone(),
            format!("{} cores", environment.cores),
            environment.system.clone(),
            format!("flagpole {}", environment.flagpole),
            build(environment.optimised).to_owned(),
        ]
    };
    let pairs = describe(then).into_iter().zip(describe(now));
    let differences: Vec<_> = pairs
        .filter(|(then, now)| then != now)
        .map(|(then, now)| format!("{then} in the baseline, now {now}"))
        .collect();
    (!differences.is_empty()).then(|| differences.join("; "))
}

/// The ratio of the new to the old wall times, and the ratio as text; or `None` and the reason.
fn ratio(
    old: &StrategyResult,
    new: &StrategyResult,
    comparisons: ComparisonCount,
) -> (Option<Ratio>, String) {
    let walls = |strategy: &StrategyResult| -> Vec<f64> {
        let rounds = strategy.rounds.iter();
        rounds.map(|round| round.wall_us as f64).collect()
    };
    let ratio = Ratio::from_unpaired_rounds("the baseline", &walls(new), &walls(old), comparisons);
    let none = || "no wall times above 0".to_owned();
    let sentence = ratio.as_ref().map_or_else(none, ToString::to_string);
    (ratio, sentence)
}
