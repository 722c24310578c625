//! The figures that conditions are about, and their names.

use crate::comparison::threshold::Dimension;
use crate::stats::required_samples;
use std::fmt;
use strum::{Display, EnumIter, EnumString, IntoEnumIterator as _};

/// A figure of a load run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadMetric {
    /// A statistic of latencies: `p99`, `service.p99`, `failed.max`, `lateness.p99`.
    Latency(LoadLatency, LoadStatistic),
    /// `errors`: failed requests, of those that ended.
    Errors,
    /// `unfinished`: requests that had not ended when the run ended, of all requests.
    Unfinished,
    /// `status.503`: attempts with this status, of all attempts.
    Status(u16),
    /// `outcome.timeout`: requests whose outcome has this label, of all requests.
    Outcome(String),
    /// `rate`: requests that ended, per second.
    Rate,
    /// `goodput`: requests that succeeded, per second.
    Goodput,
}

/// What a latency is measured of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
#[non_exhaustive]
pub enum LoadLatency {
    /// Response times of successful and unfinished requests; has no prefix.
    Response,
    /// Service times of the same requests.
    Service,
    /// Response times of failed requests.
    Failed,
    /// How late the client started attempts.
    Lateness,
}

/// A percentile, the mean or an extreme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter, EnumString)]
#[strum(serialize_all = "lowercase")]
#[non_exhaustive]
pub enum LoadStatistic {
    /// The minimum.
    Min,
    /// The arithmetic mean.
    Mean,
    /// The median.
    P50,
    /// The 75th percentile.
    P75,
    /// The 90th percentile.
    P90,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// The 99.9th percentile.
    #[strum(serialize = "p99.9")]
    P99_9,
    /// The 99.99th percentile.
    #[strum(serialize = "p99.99")]
    P99_99,
    /// The maximum.
    Max,
}

impl LoadMetric {
    /// All metrics with a fixed name.
    pub(super) fn named() -> impl Iterator<Item = LoadMetric> {
        let latencies = LoadLatency::iter().flat_map(|kind| {
            LoadStatistic::iter().map(move |statistic| LoadMetric::Latency(kind, statistic))
        });
        [
            LoadMetric::Errors,
            LoadMetric::Unfinished,
            LoadMetric::Rate,
            LoadMetric::Goodput,
        ]
        .into_iter()
        .chain(latencies)
    }

    /// Whether it counts a part of all requests or attempts, so that it is a number or a share.
    pub(super) fn is_part(&self) -> bool {
        match self {
            LoadMetric::Errors
            | LoadMetric::Unfinished
            | LoadMetric::Status(_)
            | LoadMetric::Outcome(_) => true,
            LoadMetric::Latency(..) | LoadMetric::Rate | LoadMetric::Goodput => false,
        }
    }

    /// The kind of quantity; of a part, that of its number.
    pub(super) fn dimension(&self) -> Dimension {
        match self {
            LoadMetric::Latency(..) => Dimension::Time,
            LoadMetric::Rate | LoadMetric::Goodput => Dimension::Rate,
            LoadMetric::Errors
            | LoadMetric::Unfinished
            | LoadMetric::Status(_)
            | LoadMetric::Outcome(_) => Dimension::Count,
        }
    }

    /// The number of latencies that it needs, if it is a percentile.
    pub(super) fn required_samples(&self) -> Option<u64> {
        match self {
            LoadMetric::Latency(_, statistic) => statistic.quantile().map(required_samples),
            _ => None,
        }
    }
}

impl LoadLatency {
    fn prefix(self) -> &'static str {
        match self {
            LoadLatency::Response => "",
            LoadLatency::Service => "service.",
            LoadLatency::Failed => "failed.",
            LoadLatency::Lateness => "lateness.",
        }
    }
}

impl LoadStatistic {
    /// The quantile (0 to 1); `None` for the mean and the extremes.
    pub(super) fn quantile(self) -> Option<f64> {
        match self {
            LoadStatistic::P50 => Some(0.5),
            LoadStatistic::P75 => Some(0.75),
            LoadStatistic::P90 => Some(0.9),
            LoadStatistic::P95 => Some(0.95),
            LoadStatistic::P99 => Some(0.99),
            LoadStatistic::P99_9 => Some(0.999),
            LoadStatistic::P99_99 => Some(0.9999),
            LoadStatistic::Min | LoadStatistic::Mean | LoadStatistic::Max => None,
        }
    }
}

impl fmt::Display for LoadMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadMetric::Latency(kind, statistic) => write!(f, "{}{statistic}", kind.prefix()),
            LoadMetric::Errors => f.write_str("errors"),
            LoadMetric::Unfinished => f.write_str("unfinished"),
            LoadMetric::Status(status) => write!(f, "status.{status}"),
            LoadMetric::Outcome(label) => write!(f, "outcome.{label}"),
            LoadMetric::Rate => f.write_str("rate"),
            LoadMetric::Goodput => f.write_str("goodput"),
        }
    }
}
