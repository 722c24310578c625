//! A run beside an earlier one.

use super::condition::{LoadLatency, LoadMetric, LoadStatistic};
use super::figures::LoadFigures;
use crate::comparison::BaselineFigure;

/// The figures that both runs have: rates, p50 and p99 of the response time, and the share of errors.
pub(super) fn compare(now: &LoadFigures, earlier: &LoadFigures) -> Vec<BaselineFigure> {
    let latency = |statistic| LoadMetric::Latency(LoadLatency::Response, statistic);
    let metrics = [
        LoadMetric::Rate,
        LoadMetric::Goodput,
        latency(LoadStatistic::P50),
        latency(LoadStatistic::P99),
        LoadMetric::Errors,
    ];
    let figures = metrics.iter().filter_map(|metric| {
        let (now, unit) = metric.document_value(now)?;
        let (baseline, _) = metric.document_value(earlier)?;
        let metric = metric.to_string();
        Some(BaselineFigure {
            metric,
            unit: unit.to_owned(),
            now,
            baseline,
        })
    });
    figures.collect()
}
