//! The values of metrics.

use super::condition::IntervalEnd;
use super::metric::{LatencyKind, LatencyMetric, LatencyStatistic, Metric, RunMetric};
use crate::comparison::latencies::{Latencies, Percentile};
use crate::comparison::strategy_result::StrategyResult;
use crate::comparison::threshold_result::ThresholdStatus;

/// Why there is no value, and what follows for a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable {
    pub(super) status: ThresholdStatus,
    pub(super) reason: String,
}

impl Unavailable {
    /// There is no such figure: the threshold is crossed.
    pub(super) fn missing(reason: impl Into<String>) -> Unavailable {
        Unavailable {
            status: ThresholdStatus::Crossed,
            reason: reason.into(),
        }
    }

    /// There are too few samples: the threshold is not judged.
    pub(super) fn unsupported(reason: impl Into<String>) -> Unavailable {
        Unavailable {
            status: ThresholdStatus::NotJudged,
            reason: reason.into(),
        }
    }
}

impl Metric {
    /// The value, or an end of its confidence interval, in the unit of the result document.
    pub(crate) fn value(
        self,
        strategy: &StrategyResult,
        end: Option<IntervalEnd>,
    ) -> Result<f64, Unavailable> {
        match self {
            Metric::Run(metric) => metric.value(strategy).map_err(Unavailable::missing),
            Metric::Latency(metric) => metric.value(strategy, end),
        }
    }
}

impl RunMetric {
    fn value(self, strategy: &StrategyResult) -> Result<f64, &'static str> {
        let usage = &strategy.resource_usage;
        match self {
            RunMetric::Wall => Ok(strategy.wall_us.mean),
            RunMetric::Efficiency => strategy.efficiency.ok_or(match strategy.bound_us {
                Some(0) => "there are no delays, and so no lower bound",
                Some(_) => "more than 1% of the downloads failed",
                None => "there is no lower bound",
            }),
            RunMetric::Errors => Ok(strategy.error as f64),
            RunMetric::ErrorRate => Ok(strategy.downloads().error_share()),
            RunMetric::Goodput => Ok(strategy.goodput_per_s),
            RunMetric::Requests => Ok(strategy.requests_per_s),
            RunMetric::Cpu => Ok(usage.cpu_us() as f64),
            RunMetric::Memory => Ok(usage.peak_memory_kib as f64),
        }
    }
}

impl LatencyMetric {
    fn value(
        self,
        strategy: &StrategyResult,
        end: Option<IntervalEnd>,
    ) -> Result<f64, Unavailable> {
        let latencies = self.latencies(strategy);
        let is_download = self.kind == LatencyKind::Download;
        let noun = if is_download { "download" } else { "attempt" };
        if latencies.count == 0 {
            return Err(if self.of_failures {
                Unavailable::unsupported(format!("no {noun} failed"))
            } else {
                Unavailable::missing(format!("no {noun} succeeded"))
            });
        }
        self.in_sample(latencies, end)
            .map(|us| us as f64)
            .ok_or_else(|| {
                let required = self.required_samples(end).unwrap_or(0);
                let (independent, failed) = (
                    latencies.independent,
                    if self.of_failures { "failed " } else { "" },
                );
                Unavailable::unsupported(format!(
                    "{independent} of {required} independent {failed}{noun}s"
                ))
            })
    }

    fn latencies(self, strategy: &StrategyResult) -> &Latencies {
        let by_result = match self.kind {
            LatencyKind::Download => &strategy.download_time,
            LatencyKind::Response => &strategy.response_time,
            LatencyKind::Service => &strategy.service_time,
        };
        if self.of_failures {
            &by_result.failed
        } else {
            &by_result.succeeded
        }
    }

    /// Microseconds; `None` if the sample does not support the percentile or the end of its interval.
    fn in_sample(self, latencies: &Latencies, end: Option<IntervalEnd>) -> Option<u64> {
        let of = |percentile: Option<Percentile>| match end {
            Some(end) => end.of(percentile?.interval_us),
            None => Some(percentile?.us),
        };
        match self.statistic {
            LatencyStatistic::P50 => of(latencies.p50),
            LatencyStatistic::P90 => of(latencies.p90),
            LatencyStatistic::P95 => of(latencies.p95),
            LatencyStatistic::P99 => of(latencies.p99),
            LatencyStatistic::P99_9 => of(latencies.p99_9),
            LatencyStatistic::Max => latencies.max_us,
        }
    }
}
