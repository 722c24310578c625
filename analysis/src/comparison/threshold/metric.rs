//! The metrics of thresholds and their names.

use super::dimension::Dimension;
use std::fmt;
use strum::{Display, EnumIter, EnumString, IntoEnumIterator as _};

/// A metric of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// A figure of the runs.
    Run(RunMetric),
    /// A latency of downloads or attempts.
    Latency(LatencyMetric),
}

/// A figure of the runs of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter, EnumString)]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum RunMetric {
    /// The wall time of a round: the geometric mean of the rounds.
    Wall,
    /// The lower bound divided by the wall time.
    Efficiency,
    /// Failed downloads of all rounds.
    Errors,
    /// Failed downloads divided by all downloads.
    ErrorRate,
    /// Successful downloads per second.
    Goodput,
    /// Requests per second: those of all attempts.
    Requests,
    /// The CPU time of the client's process in a round, user and system.
    Cpu,
    /// The peak memory of the client's process.
    Memory,
}

/// A statistic of the latencies of all rounds: `p99`, `failed.p99`, `response.p99`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyMetric {
    /// What takes this time.
    pub kind: LatencyKind,
    /// Whether it is about the downloads or attempts that failed, and not about those that succeeded.
    pub of_failures: bool,
    /// The statistic.
    pub statistic: LatencyStatistic,
}

/// What a latency is measured of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum LatencyKind {
    /// A download, from when it was due until it was verified; has no prefix.
    Download,
    /// An attempt, from when it was due to its end.
    Response,
    /// An attempt, from when its request was sent to its end.
    Service,
}

/// A percentile or the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter)]
#[strum(serialize_all = "lowercase")]
#[non_exhaustive]
pub enum LatencyStatistic {
    /// The median.
    P50,
    /// The 90th percentile.
    P90,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// The 99.9th percentile.
    #[strum(serialize = "p99.9")]
    P99_9,
    /// The largest latency.
    Max,
}

impl Metric {
    /// All metrics.
    pub fn all() -> impl Iterator<Item = Metric> {
        let latencies = LatencyKind::iter().flat_map(|kind| {
            let results = [false, true].into_iter();
            results.flat_map(move |of_failures| {
                LatencyStatistic::iter().map(move |statistic| {
                    Metric::Latency(LatencyMetric {
                        kind,
                        of_failures,
                        statistic,
                    })
                })
            })
        });
        RunMetric::iter().map(Metric::Run).chain(latencies)
    }

    pub(super) fn dimension(self) -> Dimension {
        match self {
            Metric::Latency(_) | Metric::Run(RunMetric::Wall | RunMetric::Cpu) => Dimension::Time,
            Metric::Run(RunMetric::Efficiency | RunMetric::ErrorRate) => Dimension::Share,
            Metric::Run(RunMetric::Errors) => Dimension::Count,
            Metric::Run(RunMetric::Goodput | RunMetric::Requests) => Dimension::Rate,
            Metric::Run(RunMetric::Memory) => Dimension::Size,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Run(metric) => metric.fmt(f),
            Metric::Latency(metric) => metric.fmt(f),
        }
    }
}

impl fmt::Display for LatencyMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            LatencyKind::Download => "",
            LatencyKind::Response => "response.",
            LatencyKind::Service => "service.",
        })?;
        f.write_str(if self.of_failures { "failed." } else { "" })?;
        self.statistic.fmt(f)
    }
}

impl LatencyStatistic {
    /// The quantile (0 to 1); `None` for the maximum, which is one of the sample and not of the distribution.
    pub(super) fn quantile(self) -> Option<f64> {
        match self {
            LatencyStatistic::P50 => Some(0.5),
            LatencyStatistic::P90 => Some(0.9),
            LatencyStatistic::P95 => Some(0.95),
            LatencyStatistic::P99 => Some(0.99),
            LatencyStatistic::P99_9 => Some(0.999),
            LatencyStatistic::Max => None,
        }
    }
}
