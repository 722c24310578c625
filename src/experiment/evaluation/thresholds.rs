//! The thresholds of an experiment, held against its figures.

use crate::experiment::spec::experiment::Experiment;
use flagpole_analysis::comparison::threshold::Metric;
use flagpole_analysis::report::{Comparison, StrategyResult};

/// Those that are crossed, in words, once for each set of conditions; one that can not be judged counts as
/// crossed, or a mistake would let everything pass.
pub(crate) fn crossed(experiment: &Experiment, comparison: &Comparison) -> Vec<String> {
    let mut told = Vec::new();
    for cell in &comparison.cells {
        let place = if comparison.cells.len() > 1 {
            let conditions = cell.conditions.iter();
            let conditions = conditions.map(|(name, value)| format!("{name} {value}"));
            format!("{}: ", conditions.collect::<Vec<_>>().join(", "))
        } else {
            String::new()
        };
        for threshold in &experiment.fail_if {
            let judged = threshold.0.judge(|name, metric| {
                let row = cell.rows.iter().find(|row| row.strategy == name)?;
                figure(row, metric)
            });
            match judged {
                Ok(None) => {}
                Ok(Some(crossed)) => told.push(format!("{place}{crossed}")),
                Err(missing) => told.push(format!("{place}{missing}")),
            }
        }
    }
    told
}

/// A figure in seconds, bytes, a share of 1, downloads, or downloads a second.
fn figure(row: &StrategyResult, metric: Metric) -> Option<f64> {
    let seconds = |micros: u64| micros as f64 / 1e6;
    match metric {
        Metric::Wall => Some(seconds(row.wall_us.median)),
        Metric::Efficiency => row.efficiency,
        Metric::P50 => row.from_due_us.p50.map(seconds),
        Metric::P90 => row.from_due_us.p90.map(seconds),
        Metric::P99 => row.from_due_us.p99.map(seconds),
        Metric::Errors => Some(row.error as f64),
        Metric::Goodput => Some(row.goodput()),
        Metric::Cpu => Some(seconds(row.cost.cpu_us())),
        Metric::Memory => Some(row.cost.memory_kib as f64 * 1024.0),
    }
}
