//! Evaluates the thresholds (`--fail-if`) of an experiment.

use crate::experiment::spec::experiment::Experiment;
use flagpole_analysis::comparison::threshold::Metric;
use flagpole_analysis::comparison::{Comparison, StrategyResult};

/// The crossed thresholds as sentences, per cell. A threshold that cannot be evaluated counts as crossed, so that a
/// missing metric does not make the comparison pass.
pub(crate) fn crossed(experiment: &Experiment, comparison: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    for cell in &comparison.cells {
        let prefix = if comparison.cells.len() > 1 {
            let conditions = cell.conditions.iter();
            let conditions = conditions.map(|(name, value)| format!("{name} {value}"));
            format!("{}: ", conditions.collect::<Vec<_>>().join(", "))
        } else {
            String::new()
        };
        for threshold in &experiment.fail_if {
            let evaluated = threshold.0.evaluate(|name, metric| {
                let mut strategies = cell.strategies.iter();
                let strategy = strategies.find(|strategy| strategy.name == name)?;
                value(strategy, metric)
            });
            match evaluated {
                Ok(None) => {}
                Ok(Some(crossed)) => sentences.push(format!("{prefix}{crossed}")),
                Err(missing) => sentences.push(format!("{prefix}{missing}")),
            }
        }
    }
    sentences
}

/// The value of a metric: times in seconds, memory in bytes, efficiency as a ratio of 0 to 1, errors in downloads,
/// goodput in downloads per second.
fn value(strategy: &StrategyResult, metric: Metric) -> Option<f64> {
    let seconds = |micros: u64| micros as f64 / 1e6;
    match metric {
        Metric::Wall => Some(seconds(strategy.wall_us.median)),
        Metric::Efficiency => strategy.efficiency,
        Metric::P50 => strategy.response_time_us.p50.map(seconds),
        Metric::P90 => strategy.response_time_us.p90.map(seconds),
        Metric::P99 => strategy.response_time_us.p99.map(seconds),
        Metric::Errors => Some(strategy.error as f64),
        Metric::Goodput => Some(strategy.goodput()),
        Metric::Cpu => Some(seconds(strategy.resource_usage.cpu_us())),
        Metric::Memory => Some(strategy.resource_usage.peak_memory_kib as f64 * 1024.0),
    }
}
