//! An earlier result, to compare with: the wall times of its rounds, where all else was the same.

#[cfg(test)]
mod tests;

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::report::{
    BaselineRatio, Comparison, Environment, Ratio, SCHEMA, ValidityIssue,
};
use flagpole_analysis::stats::ratio_estimate::{MIN_ROUNDS, RatioEstimate};
use flagpole_client::transport;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What of a result is set beside that of another.
#[derive(Deserialize)]
pub(crate) struct BaselineResult {
    schema: u32,
    experiment: Value,
    environment: Environment,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    conditions: BTreeMap<String, String>,
    rows: Vec<Row>,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    reasons: Vec<ValidityIssue>,
}

#[derive(Deserialize)]
struct Row {
    strategy: String,
    concurrency: usize,
    fates: Option<String>,
    rounds: Vec<Round>,
}

#[derive(Deserialize)]
struct Round {
    wall_us: u64,
}

impl BaselineResult {
    /// Reads a result file.
    pub(crate) fn read(path: &Path) -> Result<BaselineResult> {
        let told = || format!("--baseline: {}", path.display());
        let text = fs::read_to_string(path).with_context(told)?;
        let gist: BaselineResult = serde_json::from_str(&text).with_context(told)?;
        if gist.schema != SCHEMA {
            let (path, schema) = (path.display(), gist.schema);
            bail!("--baseline: {path}: expected a result of schema {SCHEMA}, got `{schema}`");
        }
        Ok(gist)
    }

    /// Each contender of this result beside itself in an earlier one; and first, what is another machine or
    /// program.
    pub(crate) fn against(&self, old: &BaselineResult) -> Vec<BaselineRatio> {
        let surroundings =
            surroundings(&old.environment, &self.environment).map(|told| BaselineRatio {
                name: "environment".to_owned(),
                ratio: None,
                told,
            });
        let cells = self.cells.iter();
        let rows = cells.flat_map(|cell| cell.rows.iter().map(move |row| (cell, row)));
        let rows = rows.map(|(cell, row)| {
            let (ratio, told) = match self.same(old, cell, row) {
                Ok(old) => ratio(old, row),
                Err(why) => (None, why),
            };
            let name = self.name(cell, row);
            BaselineRatio { name, ratio, told }
        });
        surroundings.into_iter().chain(rows).collect()
    }

    fn name(&self, cell: &Cell, row: &Row) -> String {
        if self.cells.len() < 2 {
            return row.strategy.clone();
        }
        let told = cell.conditions.iter();
        let told = told.map(|(name, value)| format!("{name} {value}"));
        format!("{}: {}", told.collect::<Vec<_>>().join(", "), row.strategy)
    }

    /// The same contender under the same conditions then, or why there is none.
    fn same<'a>(&self, old: &'a BaselineResult, cell: &Cell, row: &Row) -> Result<&'a Row, String> {
        let there = old.named(cell, row);
        let Some((_, first)) = there.first() else {
            return Err("the baseline has no such run".to_owned());
        };
        let (then, now) = (old.transports(), self.transports());
        if then != now {
            return Err(format!("it ran by {then} then, and by {now} now"));
        }
        if old.experiment.get("policies") != self.experiment.get("policies") {
            return Err("its policy was another then".to_owned());
        }
        let lanes = |(_, old): &&(&Cell, &Row)| old.concurrency == row.concurrency;
        let Some((cell, old)) = there.iter().find(lanes) else {
            let (then, now) = (first.concurrency, row.concurrency);
            return Err(format!("its concurrency was {then} then, and is {now} now"));
        };
        let mut doubts = cell.verdict.reasons.iter();
        if let Some(doubt) = doubts.find(|doubt| doubt.severity == "INVALID") {
            return Err(format!("it was not valid then: {}", doubt.reason));
        }
        if old.fates != row.fates {
            return Err("it met other fates then".to_owned());
        }
        Ok(old)
    }

    /// Those of this name under the same conditions, whatever their lanes.
    fn named(&self, cell: &Cell, row: &Row) -> Vec<(&Cell, &Row)> {
        let but_lanes = |cell: &Cell| -> BTreeMap<String, String> {
            let mut conditions = cell.conditions.clone();
            conditions.remove(MAX_CONCURRENCY);
            conditions
        };
        let cells = self.cells.iter();
        let cells = cells.filter(|old| but_lanes(old) == but_lanes(cell));
        let rows = cells.flat_map(|old| old.rows.iter().map(move |row| (old, row)));
        rows.filter(|(_, old)| old.strategy == row.strategy)
            .collect()
    }

    /// By which libraries requests were made.
    fn transports(&self) -> String {
        let named = self.experiment.pointer("/grid/transports");
        let named = named.and_then(Value::as_array).into_iter().flatten();
        let named: Vec<_> = named.filter_map(Value::as_str).collect();
        if named.is_empty() {
            transport::ALL[0].name().to_owned()
        } else {
            named.join(", ")
        }
    }
}

/// In what the machine and the program differ, if they do. Load and time always do.
fn surroundings(then: &Environment, now: &Environment) -> Option<String> {
    let build = |is_optimised| {
        if is_optimised {
            "optimised"
        } else {
            "not optimised"
        }
    };
    let cores = |cores: usize| format!("{cores} cores");
    let flagpole = |version: &String| format!("flagpole {version}");
    let pairs = [
        (then.processor.clone(), now.processor.clone()),
        (cores(then.cores), cores(now.cores)),
        (then.system.clone(), now.system.clone()),
        (flagpole(&then.flagpole), flagpole(&now.flagpole)),
        (
            build(then.optimised).to_owned(),
            build(now.optimised).to_owned(),
        ),
    ];
    let differ = pairs.into_iter().filter(|(then, now)| then != now);
    let told: Vec<_> = differ
        .map(|(then, now)| format!("{then} then, and {now} now"))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn ratio(old: &Row, row: &Row) -> (Option<Ratio>, String) {
    let walls = |row: &Row| -> Vec<f64> {
        let rounds = row.rounds.iter();
        rounds.map(|round| round.wall_us as f64).collect()
    };
    let (now, then) = (walls(row), walls(old));
    let estimate = match RatioEstimate::unpaired(&now, &then) {
        Ok(estimate) => estimate,
        Err(error) => return (None, error.to_string()),
    };
    let is_enough = now.len().min(then.len()) >= MIN_ROUNDS;
    let told = if is_enough {
        estimate.to_string()
    } else {
        format!("{:.3}x; too few rounds for an interval", estimate.ratio)
    };
    let ratio = Ratio {
        to: "the baseline".to_owned(),
        ratio: estimate.ratio,
        interval: is_enough.then_some([estimate.low, estimate.high]),
        is_difference: is_enough.then(|| estimate.is_significant()),
        smallest: is_enough.then_some(estimate.minimum_detectable_effect),
    };
    (Some(ratio), told)
}

impl From<&Comparison> for BaselineResult {
    fn from(comparison: &Comparison) -> BaselineResult {
        let cells = comparison.cells.iter().map(|cell| Cell {
            conditions: cell.conditions.iter().cloned().collect(),
            rows: cell.rows.iter().map(Row::from).collect(),
            verdict: Verdict {
                reasons: cell.verdict.reasons.clone(),
            },
        });
        BaselineResult {
            schema: comparison.schema,
            experiment: comparison.experiment.clone(),
            environment: comparison.environment.clone(),
            cells: cells.collect(),
        }
    }
}

impl From<&flagpole_analysis::report::StrategyResult> for Row {
    fn from(row: &flagpole_analysis::report::StrategyResult) -> Row {
        let rounds = row.rounds.iter();
        let rounds = rounds.map(|round| Round {
            wall_us: round.wall_us,
        });
        Row {
            strategy: row.strategy.clone(),
            concurrency: row.concurrency,
            fates: row.fates.clone(),
            rounds: rounds.collect(),
        }
    }
}
