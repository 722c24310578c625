//! What a run cost the process that it had for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cost of one run, from just before it began until just after it ended; as medians, that of a
/// usual one. Zero where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceUsage {
    /// Processor time in the program, in microseconds.
    pub cpu_user_us: u64,
    /// Processor time in the system on the program's behalf, in microseconds.
    pub cpu_system_us: u64,
    /// The most memory that the process ever had, in KiB, without what it takes to keep every attempt.
    pub memory_kib: u64,
    /// The most threads that were seen, the main one included.
    pub threads: u64,
    /// How often a thread gave the processor up to wait for something.
    pub switches_voluntary: u64,
    /// How often it was taken from a thread that would have gone on.
    pub switches_involuntary: u64,
}

impl ResourceUsage {
    /// What was added since `before`; memory and threads are what they are.
    pub fn since(self, before: &ResourceUsage) -> ResourceUsage {
        ResourceUsage {
            cpu_user_us: self.cpu_user_us.saturating_sub(before.cpu_user_us),
            cpu_system_us: self.cpu_system_us.saturating_sub(before.cpu_system_us),
            switches_voluntary: (self.switches_voluntary).saturating_sub(before.switches_voluntary),
            switches_involuntary: (self.switches_involuntary)
                .saturating_sub(before.switches_involuntary),
            ..self
        }
    }

    /// Processor time in all, in microseconds.
    pub fn cpu_us(&self) -> u64 {
        self.cpu_user_us + self.cpu_system_us
    }

    /// The median of each figure by itself; the lower of two in the middle.
    pub fn median(costs: &[ResourceUsage]) -> ResourceUsage {
        let of = |figure: fn(&ResourceUsage) -> u64| {
            let mut values: Vec<u64> = costs.iter().map(figure).collect();
            values.sort_unstable();
            values
                .get(values.len().saturating_sub(1) / 2)
                .copied()
                .unwrap_or(0)
        };
        ResourceUsage {
            cpu_user_us: of(|cost| cost.cpu_user_us),
            cpu_system_us: of(|cost| cost.cpu_system_us),
            memory_kib: of(|cost| cost.memory_kib),
            threads: of(|cost| cost.threads),
            switches_voluntary: of(|cost| cost.switches_voluntary),
            switches_involuntary: of(|cost| cost.switches_involuntary),
        }
    }
}
