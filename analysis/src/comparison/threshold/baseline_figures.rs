//! The metrics that a strategy has in a result and in its baseline.

use super::dimension::Dimension;
use super::metric::{LatencyKind, Metric};
use crate::comparison::baseline::BaselineFigure;
use crate::comparison::strategy_result::StrategyResult;

/// The metrics of the runs and of the successful downloads that both results have.
pub fn baseline_figures(now: &StrategyResult, baseline: &StrategyResult) -> Vec<BaselineFigure> {
    let metrics = Metric::all().filter(|metric| match metric {
        Metric::Run(_) => true,
        Metric::Latency(latency) => latency.kind == LatencyKind::Download && !latency.of_failures,
    });
    let figure = |metric: Metric| {
        let value = |strategy| metric.value(strategy, None).ok();
        Some(BaselineFigure {
            metric: metric.to_string(),
            unit: metric.dimension().document_unit().to_owned(),
            now: value(now)?,
            baseline: value(baseline)?,
        })
    };
    metrics.filter_map(figure).collect()
}

impl BaselineFigure {
    /// The figure of the baseline and that of this result, as tables print them.
    pub(crate) fn texts(&self) -> [String; 2] {
        let text = |value: f64| match Dimension::from_document_unit(&self.unit) {
            Some(dimension) => dimension.human(dimension.to_base(value)),
            None => format!("{value} {}", self.unit),
        };
        [self.baseline, self.now].map(text)
    }
}
