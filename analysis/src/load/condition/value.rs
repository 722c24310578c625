//! The values of the figures that conditions are about.

use super::metric::{LoadLatency, LoadMetric, LoadStatistic};
use crate::comparison::threshold::Dimension;
use crate::load::figures::{LoadFigures, share};
use crate::load::latency_figures::LatencyFigures;

/// What is known of a figure, in the base unit of its dimension.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Estimate {
    /// The figure.
    Exact(f64),
    /// A lower bound of the figure, because requests are unfinished.
    AtLeast(f64),
    /// There is no figure, for this reason.
    Unknown(String),
}

impl LoadMetric {
    /// The figure in the unit of result documents, where a part is a share; `None` if there is no exact one.
    pub(in crate::load) fn document_value(
        &self,
        figures: &LoadFigures,
    ) -> Option<(f64, &'static str)> {
        let Estimate::Exact(value) = self.estimate(figures, true) else {
            return None;
        };
        Some(match self.dimension() {
            Dimension::Time => (value * 1e6, "us"),
            Dimension::Count => (value, "share"),
            other => (value, other.document_unit()),
        })
    }

    /// The figure; of a part, its share if `as_share`.
    pub(super) fn estimate(&self, figures: &LoadFigures, as_share: bool) -> Estimate {
        let part = |count: u64, whole: u64, noun: &str| match (as_share, whole) {
            (false, _) => Estimate::Exact(count as f64),
            (true, 0) => Estimate::Unknown(format!("no {noun} ended")),
            (true, whole) => Estimate::Exact(share(count, whole)),
        };
        match self {
            LoadMetric::Latency(kind, statistic) => {
                latency(kind.figures(figures), *statistic, kind.noun())
            }
            LoadMetric::Errors => part(figures.failed, figures.ended(), "request"),
            LoadMetric::Unfinished => part(figures.unfinished, figures.requests, "request"),
            LoadMetric::Status(status) => {
                let count = figures.statuses.get(status).copied().unwrap_or(0);
                part(count, figures.attempts, "attempt")
            }
            LoadMetric::Outcome(label) => {
                let mut outcomes = figures.outcomes.iter();
                let found = outcomes.find(|outcome| outcome.outcome == *label);
                let count = found.map_or(0, |outcome| outcome.count);
                part(count, figures.requests, "request")
            }
            LoadMetric::Rate => Estimate::Exact(figures.requests_per_s),
            LoadMetric::Goodput => Estimate::Exact(figures.goodput_per_s),
        }
    }
}

impl LoadLatency {
    fn figures(self, figures: &LoadFigures) -> &LatencyFigures {
        match self {
            LoadLatency::Response => &figures.response_time,
            LoadLatency::Service => &figures.service_time,
            LoadLatency::Failed => &figures.failed_response_time,
            LoadLatency::Lateness => &figures.lateness,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            LoadLatency::Response | LoadLatency::Service => "successful request",
            LoadLatency::Failed => "failed request",
            LoadLatency::Lateness => "attempt",
        }
    }
}

/// Seconds.
fn latency(figures: &LatencyFigures, statistic: LoadStatistic, noun: &str) -> Estimate {
    let percentile = match statistic {
        LoadStatistic::P50 => figures.p50,
        LoadStatistic::P75 => figures.p75,
        LoadStatistic::P90 => figures.p90,
        LoadStatistic::P95 => figures.p95,
        LoadStatistic::P99 => figures.p99,
        LoadStatistic::P99_9 => figures.p99_9,
        LoadStatistic::P99_99 => figures.p99_99,
        LoadStatistic::Min | LoadStatistic::Mean | LoadStatistic::Max => None,
    };
    let exact = |us: Option<f64>| us.map(|us| (us, figures.has_unfinished));
    let value = match statistic {
        LoadStatistic::Min => exact(figures.min_us.map(|us| us as f64)),
        LoadStatistic::Mean => exact(figures.mean_us),
        LoadStatistic::Max => exact(figures.max_us.map(|us| us as f64)),
        _ => percentile.map(|one| (one.us as f64, one.is_lower_bound)),
    };
    match (value, statistic.quantile()) {
        (Some((us, false)), _) => Estimate::Exact(us / 1e6),
        (Some((us, true)), _) => Estimate::AtLeast(us / 1e6),
        (None, Some(quantile)) if figures.count > 0 => {
            let required = crate::stats::required_samples(quantile);
            Estimate::Unknown(format!(
                "it needs {required} {noun}s, and there are {}",
                figures.count
            ))
        }
        (None, _) => Estimate::Unknown(format!("there is no {noun}")),
    }
}
