//! The resources that a process used.

use crate::stats::median::lower_median;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
