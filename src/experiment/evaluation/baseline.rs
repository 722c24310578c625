//! Compares a result with an earlier one, the baseline.

mod counterpart;
mod requirements;
#[cfg(test)]
mod tests;

pub(crate) use requirements::check;

use self::counterpart::counterpart;
use self::requirements::OTHER_LATENCIES;
use crate::experiment::result_file;
use anyhow::{Context as _, Result};
use flagpole_analysis::comparison::threshold::baseline_figures;
use flagpole_analysis::comparison::{
    BaselineMatch, BaselineRatio, Cell, Comparison, Environment, Ratio, StrategyResult,
};
use flagpole_analysis::stats::ComparisonCount;
use std::fs;
use std::path::Path;

/// Reads a result file.
pub(crate) fn read(path: &Path) -> Result<Comparison> {
    let text = fs::read_to_string(path).map_err(anyhow::Error::from);
    let result = text.and_then(|text| result_file::parse(&text));
    result.with_context(|| format!("--baseline: {}", path.display()))
}

/// What the results as a whole differ in, then each strategy compared with itself in the baseline.
pub(crate) fn compare(new: &Comparison, baseline: &Comparison) -> Vec<BaselineRatio> {
    let about_all = |name: &str, message| BaselineRatio {
        name: name.to_owned(),
        message,
        ..BaselineRatio::default()
    };
    let environment = environment_diff(&baseline.environment, &new.environment);
    let environment = environment.map(|message| about_all("environment", message));
    let percentiles = (!baseline.has_download_times()).then(|| {
        let message = format!("not compared: {OTHER_LATENCIES}");
        about_all("percentiles", message)
    });
    let strategies = new.cells.iter().flat_map(|cell| {
        let matches = match_cell(new, baseline, cell).into_iter();
        let pairs = matches.zip(&cell.strategies);
        pairs.map(|(found, now)| baseline_ratio(new, cell, found, now))
    });
    environment
        .into_iter()
        .chain(percentiles)
        .chain(strategies)
        .collect()
}

fn baseline_ratio(
    new: &Comparison,
    cell: &Cell,
    found: BaselineMatch<'_>,
    now: &StrategyResult,
) -> BaselineRatio {
    let message = match (&found.earlier, &found.ratio) {
        (Err(reason), _) => reason.clone(),
        (Ok(_), None) => "no wall times above 0".to_owned(),
        (Ok(_), Some(ratio)) => ratio.to_string(),
    };
    let figures = found.earlier.map(|earlier| baseline_figures(now, earlier));
    BaselineRatio {
        name: new.prefix(cell) + &now.name,
        conditions: cell.conditions.clone(),
        strategy: Some(now.name.clone()),
        ratio: found.ratio,
        figures: figures.unwrap_or_default(),
        message,
    }
}

/// What each strategy of the cell is compared with. The ratios are those of the new to the earlier wall times: above 1
/// it is slower than in the baseline. The intervals of the strategies of a cell hold together.
pub(crate) fn match_cell<'a>(
    new: &Comparison,
    baseline: &'a Comparison,
    cell: &'a Cell,
) -> Vec<BaselineMatch<'a>> {
    let comparisons = ComparisonCount::new(cell.strategies.len());
    let matches = cell.strategies.iter().map(|strategy| {
        let earlier = counterpart(new, baseline, cell, strategy);
        let found = earlier.as_ref().ok();
        BaselineMatch {
            name: &strategy.name,
            ratio: found.and_then(|old| ratio_of_walls(old, strategy, comparisons)),
            earlier,
        }
    });
    matches.collect()
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
            describe_server(environment),
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

fn describe_server(environment: &Environment) -> String {
    let server = environment.server.as_ref();
    server.map_or("a server that is not known".to_owned(), |server| {
        format!("the server {} {}", server.name, server.version)
    })
}

fn ratio_of_walls(
    old: &StrategyResult,
    new: &StrategyResult,
    comparisons: ComparisonCount,
) -> Option<Ratio> {
    let walls = |strategy: &StrategyResult| -> Vec<f64> {
        let rounds = strategy.rounds.iter();
        rounds.map(|round| round.wall_us as f64).collect()
    };
    Ratio::from_unpaired_rounds("the baseline", &walls(new), &walls(old), comparisons)
}
