//! An earlier result, to compare with: the wall times of its rounds.

use anyhow::{Context as _, Result, bail};
use flagpole_client::comparison::interval::Estimate;
use flagpole_client::report::{Against, Cell, Comparison, Ratio, Row, SCHEMA};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What is read of an earlier result.
#[derive(Deserialize)]
pub(crate) struct Baseline {
    schema: u32,
    cells: Vec<OldCell>,
}

#[derive(Deserialize)]
struct OldCell {
    conditions: BTreeMap<String, String>,
    rows: Vec<OldRow>,
}

#[derive(Deserialize)]
struct OldRow {
    strategy: String,
    fates: Option<String>,
    rounds: Vec<OldRound>,
}

#[derive(Deserialize)]
struct OldRound {
    wall_us: u64,
}

impl Baseline {
    /// Reads a result file.
    pub(crate) fn read(path: &Path) -> Result<Baseline> {
        let told = || format!("--baseline: {}", path.display());
        let text = fs::read_to_string(path).with_context(told)?;
        let baseline: Baseline = serde_json::from_str(&text).with_context(told)?;
        if baseline.schema != SCHEMA {
            let (path, schema) = (path.display(), baseline.schema);
            bail!("--baseline: {path}: expected a result of schema {SCHEMA}, got `{schema}`");
        }
        Ok(baseline)
    }

    /// Each contender beside itself.
    pub(crate) fn against(&self, comparison: &Comparison) -> Vec<Against> {
        let cells = comparison.cells.iter();
        let rows = cells.flat_map(|cell| cell.rows.iter().map(move |row| (cell, row)));
        rows.map(|(cell, row)| self.row(comparison, cell, row))
            .collect()
    }

    fn row(&self, comparison: &Comparison, cell: &Cell, row: &Row) -> Against {
        let conditions: BTreeMap<_, _> = cell.conditions.iter().cloned().collect();
        let mut name = row.strategy.clone();
        if comparison.cells.len() > 1 {
            let told = cell
                .conditions
                .iter()
                .map(|(name, value)| format!("{name} {value}"));
            name = format!("{}: {name}", told.collect::<Vec<_>>().join(", "));
        }
        let old = self.cells.iter().find(|old| old.conditions == conditions);
        let old = old.and_then(|old| old.rows.iter().find(|old| old.strategy == row.strategy));
        let (ratio, told) = match old {
            None => (None, "the baseline has no such run".to_owned()),
            Some(old) if old.fates != row.fates => (None, "it met other fates then".to_owned()),
            Some(old) => ratio(old, row),
        };
        Against { name, ratio, told }
    }
}

fn ratio(old: &OldRow, row: &Row) -> (Option<Ratio>, String) {
    let now: Vec<f64> = row
        .rounds
        .iter()
        .map(|round| round.wall_us as f64)
        .collect();
    let then: Vec<f64> = old
        .rounds
        .iter()
        .map(|round| round.wall_us as f64)
        .collect();
    match Estimate::unpaired(&now, &then) {
        Err(error) => (None, error.to_string()),
        Ok(estimate) => {
            let ratio = Ratio {
                to: "the baseline".to_owned(),
                ratio: estimate.ratio,
                interval: Some([estimate.low, estimate.high]),
                is_difference: Some(estimate.is_difference()),
                smallest: Some(estimate.smallest),
            };
            (Some(ratio), estimate.to_string())
        }
    }
}
