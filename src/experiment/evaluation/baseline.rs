//! Compares a result with an earlier one, the baseline.

#[cfg(test)]
mod tests;

use crate::experiment::runner::conditions::MAX_CONCURRENCY;
use crate::experiment::spec::experiment::HYPER;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::{
    BaselineRatio, Comparison, Environment, Ratio, SCHEMA, StrategyResult,
};
use flagpole_analysis::stats::ratio_estimate::{MIN_ROUNDS, RatioEstimate};
use flagpole_analysis::validity::verdict::{Validity, ValidityIssue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The oldest schema that can be read: later schemas only add keys.
const OLDEST_SCHEMA: u32 = 3;

/// The parts of a result that are compared with those of another result.
#[derive(Deserialize)]
pub(crate) struct BaselineResult {
    experiment: Value,
    environment: Environment,
    cells: Vec<BaselineCell>,
}

#[derive(Deserialize)]
struct BaselineCell {
    conditions: BTreeMap<String, String>,
    strategies: Vec<BaselineStrategy>,
    verdict: BaselineVerdict,
}

#[derive(Deserialize)]
struct BaselineVerdict {
    reasons: Vec<ValidityIssue>,
}

#[derive(Deserialize)]
struct BaselineStrategy {
    name: String,
    concurrency: usize,
    fates_digest: Option<String>,
    rounds: Vec<BaselineRound>,
}

#[derive(Deserialize)]
struct BaselineRound {
    wall_us: u64,
}

impl BaselineResult {
    /// Reads a result file.
    pub(crate) fn read(path: &Path) -> Result<BaselineResult> {
        let text = fs::read_to_string(path).map_err(anyhow::Error::from);
        let result = text.and_then(|text| BaselineResult::parse(&text));
        result.with_context(|| format!("--baseline: {}", path.display()))
    }

    /// Parses the text of a result. Checks its schema first, because other keys depend on it.
    fn parse(text: &str) -> Result<BaselineResult> {
        #[derive(Deserialize)]
        struct SchemaNumber {
            schema: u32,
        }
        let SchemaNumber { schema } = from_json(text)?;
        if !(OLDEST_SCHEMA..=SCHEMA).contains(&schema) {
            bail!(
                "expected a result of schema {OLDEST_SCHEMA}, got `{schema}`; measure the baseline again with this version"
            );
        }
        from_json(text)
    }

    /// The differences of the environment, then the ratio of each strategy to itself in the baseline.
    pub(crate) fn compare_to(&self, baseline: &BaselineResult) -> Vec<BaselineRatio> {
        let environment = environment_diff(&baseline.environment, &self.environment);
        let environment = environment.map(|message| BaselineRatio {
            name: "environment".to_owned(),
            ratio: None,
            message,
        });
        let cells = self.cells.iter();
        let strategies =
            cells.flat_map(|cell| cell.strategies.iter().map(move |strategy| (cell, strategy)));
        let ratios = strategies.map(|(cell, strategy)| {
            let (ratio, message) = match self.counterpart(baseline, cell, strategy) {
                Ok(old) => ratio(old, strategy),
                Err(reason) => (None, reason),
            };
            let name = self.name(cell, strategy);
            BaselineRatio {
                name,
                ratio,
                message,
            }
        });
        environment.into_iter().chain(ratios).collect()
    }

    /// The name of a strategy, with its conditions if there are several cells.
    fn name(&self, cell: &BaselineCell, strategy: &BaselineStrategy) -> String {
        if self.cells.len() < 2 {
            return strategy.name.clone();
        }
        let conditions = cell.conditions.iter();
        let conditions = conditions.map(|(name, value)| format!("{name} {value}"));
        let conditions = conditions.collect::<Vec<_>>().join(", ");
        format!("{conditions}: {}", strategy.name)
    }

    /// The same strategy under the same conditions in the baseline, or why the two cannot be compared.
    fn counterpart<'a>(
        &self,
        baseline: &'a BaselineResult,
        cell: &BaselineCell,
        strategy: &BaselineStrategy,
    ) -> Result<&'a BaselineStrategy, String> {
        let candidates = baseline.at_any_concurrency(cell, strategy);
        let Some((_, first)) = candidates.first() else {
            return Err("not in the baseline".to_owned());
        };
        let (then, now) = (baseline.transports(), self.transports());
        if then != now {
            return Err(format!(
                "different transport: {then} in the baseline, now {now}"
            ));
        }
        if baseline.experiment.get("policies") != self.experiment.get("policies") {
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

    /// The strategies with the name of `strategy` in cells that differ from `cell` in the concurrency at most.
    fn at_any_concurrency(
        &self,
        cell: &BaselineCell,
        strategy: &BaselineStrategy,
    ) -> Vec<(&BaselineCell, &BaselineStrategy)> {
        let other_conditions = |cell: &BaselineCell| {
            let mut conditions = cell.conditions.clone();
            conditions.remove(MAX_CONCURRENCY);
            conditions
        };
        let wanted = other_conditions(cell);
        let cells = self.cells.iter();
        let cells = cells.filter(|cell| other_conditions(cell) == wanted);
        let strategies =
            cells.flat_map(|cell| cell.strategies.iter().map(move |strategy| (cell, strategy)));
        strategies
            .filter(|(_, old)| old.name == strategy.name)
            .collect()
    }

    /// The transports of the experiment.
    fn transports(&self) -> String {
        let names = self.experiment.pointer("/grid/transports");
        let names = names.and_then(Value::as_array).into_iter().flatten();
        let names: Vec<_> = names.filter_map(Value::as_str).collect();
        if names.is_empty() {
            HYPER.to_owned()
        } else {
            names.join(", ")
        }
    }
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow!("expected a result that `--result` wrote, got something else at line {line}, column {column}")
    })
}

/// The differences of machine, version and build. Load and time always differ and are not compared.
fn environment_diff(then: &Environment, now: &Environment) -> Option<String> {
    let describe = |environment: &Environment| {
        let build = if environment.optimised {
            "release"
        } else {
            "debug"
        };
        [
            environment.processor.clone(),
            format!("{} cores", environment.cores),
            environment.system.clone(),
            format!("flagpole {}", environment.flagpole),
            format!("{build} build"),
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
fn ratio(old: &BaselineStrategy, new: &BaselineStrategy) -> (Option<Ratio>, String) {
    let walls = |strategy: &BaselineStrategy| -> Vec<f64> {
        let rounds = strategy.rounds.iter();
        rounds.map(|round| round.wall_us as f64).collect()
    };
    let (new, old) = (walls(new), walls(old));
    let estimate = match RatioEstimate::unpaired(&new, &old) {
        Ok(estimate) => estimate,
        Err(error) => return (None, error.to_string()),
    };
    let has_enough_rounds = new.len().min(old.len()) >= MIN_ROUNDS;
    let to = "the baseline";
    if has_enough_rounds {
        let ratio = Ratio::from_estimate(to, &estimate);
        return (Some(ratio), estimate.to_string());
    }
    let ratio = estimate.ratio;
    let sentence = format!("{ratio:.3}x; too few rounds for a confidence interval");
    (Some(Ratio::without_interval(to, ratio)), sentence)
}

impl From<&Comparison> for BaselineResult {
    fn from(comparison: &Comparison) -> BaselineResult {
        let cells = comparison.cells.iter().map(|cell| BaselineCell {
            conditions: cell.conditions.iter().cloned().collect(),
            strategies: cell.strategies.iter().map(BaselineStrategy::from).collect(),
            verdict: BaselineVerdict {
                reasons: cell.verdict.reasons.clone(),
            },
        });
        BaselineResult {
            experiment: comparison.experiment.clone(),
            environment: comparison.environment.clone(),
            cells: cells.collect(),
        }
    }
}

impl From<&StrategyResult> for BaselineStrategy {
    fn from(strategy: &StrategyResult) -> BaselineStrategy {
        let rounds = strategy.rounds.iter();
        let rounds = rounds.map(|round| BaselineRound {
            wall_us: round.wall_us,
        });
        BaselineStrategy {
            name: strategy.name.clone(),
            concurrency: strategy.concurrency,
            fates_digest: strategy.fates_digest.clone(),
            rounds: rounds.collect(),
        }
    }
}
