//! The last lines of `cargo bench`: the fastest strategy and the efficiency of each under every condition,
//! and where the report is.

use crate::common::{is_test, median};
use crate::strategies::Group;
use flagpole_analysis::{HumanDuration, bound::efficiency};
use flagpole_client::strategy;
use flagpole_protocol::MeasuredRun;
use std::{env::var, path::PathBuf};

/// Prints one line for each condition that was measured; nothing if there is none.
pub(crate) fn print(groups: &[Group]) {
    let measured: Vec<_> = groups.iter().filter(|one| !one.runs.is_empty()).collect();
    if measured.is_empty() || is_test() {
        return;
    }
    let names = strategy::ALL.iter().map(|strategy| strategy.name());
    let names: Vec<_> = names.map(|name| (name, name.len().max(6))).collect();
    let header: Vec<_> = names.iter().map(|(name, _)| *name).collect();
    println!("\n20 flags at concurrency 20: fastest strategy by median wall time, and efficiency");
    println!(
        "(lower bound / wall time; the bound is the least time that the delays allow) of each"
    );
    println!("{:>7}  {:<28}  {}", "latency", "fastest", header.join("  "));
    for group in measured {
        let wall = |name| Some(median(group.runs.get(name)?.iter().map(|run| run.wall)));
        let walls = names
            .iter()
            .filter_map(|(name, _)| Some((wall(name)?, *name)));
        let (fastest, winner) = walls.min().expect("the group has runs");
        let cells = names.iter().map(|(name, width)| {
            let share = group
                .runs
                .get(name)
                .and_then(|runs| median_efficiency(runs));
            let cell = share.map_or("-".to_owned(), |share| format!("{:.1}%", share * 100.0));
            format!("{cell:>width$}")
        });
        let fastest = format!("{winner}, {}", HumanDuration(fastest));
        let cells: Vec<_> = cells.collect();
        println!(
            "{:>7}  {fastest:<28}  {}",
            group.condition,
            cells.join("  ")
        );
    }
    println!("\nreport: {}", report().display());
}

/// The median efficiency of these runs; none without delays, as there is no bound.
fn median_efficiency(runs: &[MeasuredRun]) -> Option<f64> {
    let all = runs
        .iter()
        .map(|run| efficiency(run).filter(|share| *share > 0.0));
    all.collect::<Option<Vec<_>>>().map(median)
}

/// Criterion's report, in cargo's target folder.
fn report() -> PathBuf {
    let target = var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    PathBuf::from(target).join("criterion/report/index.html")
}
