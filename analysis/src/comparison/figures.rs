//! Medians, ranges and percentiles, in whole microseconds, used resources.

use super::latencies::nearest_rank;
use crate::stats::mean::geometric_mean;
use crate::stats::median::lower_median;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quantiles of a distribution, denser towards the slowest.
const QUANTILES: [f64; 13] = [
    0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 1.0,
];

/// The mean of some values, their median (the lower of two in the middle), and their range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Spread {
    /// The geometric mean: what tables show and ratios divide. 0 in results of schema 3, which had none.
    #[serde(default)]
    pub mean: f64,
    /// One of the values, never the mean of two.
    pub median: u64,
    /// The minimum.
    pub min: u64,
    /// The maximum.
    pub max: u64,
}

/// A point of the distributions of latencies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PercentilePoint {
    /// The quantile, 0 to 1.
    pub quantile: f64,
    /// The time of a successful download at this quantile; null without any.
    #[serde(default)]
    pub download_time_us: Option<u64>,
    /// The response time of a successful attempt at this quantile.
    pub response_time_us: u64,
    /// The service time of a successful attempt at this quantile.
    pub service_time_us: u64,
}

impl Spread {
    /// `None` without values.
    pub(super) fn from_values(values: impl Iterator<Item = u64>) -> Option<Spread> {
        let values: Vec<u64> = values.collect();
        Some(Spread {
            mean: geometric_mean(values.iter().map(|&value| value as f64))?,
            min: values.iter().copied().min()?,
            max: values.iter().copied().max()?,
            median: lower_median(values, Ord::cmp)?,
        })
    }
}

/// The distributions of the latencies of successful downloads and attempts; without samples a list is empty.
pub(super) fn distribution(
    download_us: &[u64],
    response_us: &[u64],
    service_us: &[u64],
) -> Vec<PercentilePoint> {
    let point = |&quantile: &f64| {
        Some(PercentilePoint {
            quantile,
            download_time_us: nearest_rank(download_us, quantile),
            response_time_us: nearest_rank(response_us, quantile)?,
            service_time_us: nearest_rank(service_us, quantile)?,
        })
    };
    QUANTILES.iter().filter_map(point).collect()
}

/// The resources that the client's process used from just before the run until just after it. 0 where the system does
/// not report them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceUsage {
    /// CPU time in user mode.
    pub cpu_user_us: u64,
    /// CPU time in the kernel.
    pub cpu_system_us: u64,
    /// The peak memory of the process, without the attempts recorded for the comparison.
    pub peak_memory_kib: u64,
    /// The peak number of threads, with the main thread.
    pub peak_threads: u64,
    /// Context switches because a thread waited.
    pub voluntary_context_switches: u64,
    /// Context switches because a thread was preempted.
    pub involuntary_context_switches: u64,
}

impl ResourceUsage {
    /// The use since `before`; peaks are those of the whole process.
    pub fn delta_since(self, before: &ResourceUsage) -> ResourceUsage {
        ResourceUsage {
            cpu_user_us: self.cpu_user_us.saturating_sub(before.cpu_user_us),
            cpu_system_us: self.cpu_system_us.saturating_sub(before.cpu_system_us),
            voluntary_context_switches: self
                .voluntary_context_switches
                .saturating_sub(before.voluntary_context_switches),
            involuntary_context_switches: self
                .involuntary_context_switches
                .saturating_sub(before.involuntary_context_switches),
            ..self
        }
    }

    /// The use without that of a part. The CPU time that remains is divided between user mode and kernel as before,
    /// because the system divides it by sampling.
    pub fn without(self, part: &ResourceUsage) -> ResourceUsage {
        let all_us = self.cpu_us();
        let rest_us = all_us.saturating_sub(part.cpu_us());
        let cpu_user_us = (self.cpu_user_us * rest_us)
            .checked_div(all_us)
            .unwrap_or(0);
        let rest = self.delta_since(part);
        ResourceUsage {
            cpu_user_us,
            cpu_system_us: rest_us - cpu_user_us,
            ..rest
        }
    }

    /// CPU time, user and system.
    pub fn cpu_us(&self) -> u64 {
        self.cpu_user_us + self.cpu_system_us
    }

    /// The median of each figure by itself.
    pub(super) fn median(usages: &[ResourceUsage]) -> ResourceUsage {
        let median_of = |figure: fn(ResourceUsage) -> u64| {
            lower_median(usages.iter().copied().map(figure), Ord::cmp).unwrap_or(0)
        };
        ResourceUsage {
            cpu_user_us: median_of(|usage| usage.cpu_user_us),
            cpu_system_us: median_of(|usage| usage.cpu_system_us),
            peak_memory_kib: median_of(|usage| usage.peak_memory_kib),
            peak_threads: median_of(|usage| usage.peak_threads),
            voluntary_context_switches: median_of(|usage| usage.voluntary_context_switches),
            involuntary_context_switches: median_of(|usage| usage.involuntary_context_switches),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_without_values_is_none() {
        assert_eq!(Spread::from_values([].into_iter()), None);
    }

    #[test]
    fn cpu_time_without_a_part_keeps_its_division() {
        let usage = |user, system, switches| ResourceUsage {
            cpu_user_us: user,
            cpu_system_us: system,
            voluntary_context_switches: switches,
            ..ResourceUsage::default()
        };
        let all = usage(3000, 1000, 20);
        assert_eq!(all.without(&usage(0, 400, 5)), usage(2700, 900, 15));
        assert_eq!(all.without(&usage(5000, 0, 30)), usage(0, 0, 0));
        assert_eq!(usage(0, 0, 0).without(&all), usage(0, 0, 0));
    }

    #[test]
    fn distribution_rises_from_the_minimum_to_the_maximum() {
        let latencies: Vec<u64> = (1..=200).map(|ms| 1000 * ms).collect();
        let points = distribution(&latencies, &latencies, &latencies);
        assert_eq!(points.first().unwrap().response_time_us, 1000);
        assert_eq!(points.last().unwrap().service_time_us, 200_000);
        assert!(points.is_sorted_by_key(|point| point.response_time_us));
        assert!(distribution(&latencies, &[], &[]).is_empty());
    }
}
