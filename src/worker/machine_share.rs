//! What the process takes of its machine, for the heartbeats.

use super::user_load::MachineShare;
use crate::experiment::runner::environment;
use crate::process::lost_time::cpu_quota::cpu_quota;
use crate::process::resource_usage;
use std::time::{Duration, Instant};

/// The share is that of this time at least, as the system counts in steps.
const LEAST_INTERVAL: Duration = Duration::from_millis(200);

pub(crate) struct MachineMeter {
    /// Those that the process may use, by its affinity and the quotas of its cgroups.
    processors: f64,
    since: Instant,
    cpu_us: u64,
    cpu_percent: f64,
}

impl MachineMeter {
    pub(crate) fn start() -> MachineMeter {
        MachineMeter {
            processors: processors(environment::cores() as f64, cpu_quota()),
            since: Instant::now(),
            cpu_us: resource_usage::current().cpu_us(),
            cpu_percent: 0.0,
        }
    }

    /// The share since the last call.
    pub(crate) fn share(&mut self) -> MachineShare {
        let elapsed = self.since.elapsed();
        if elapsed >= LEAST_INTERVAL {
            let cpu_us = resource_usage::current().cpu_us();
            let used = Duration::from_micros(cpu_us.saturating_sub(self.cpu_us));
            self.cpu_percent = percent(used, elapsed, self.processors);
            (self.since, self.cpu_us) = (Instant::now(), cpu_us);
        }
        MachineShare {
            cpu_percent: self.cpu_percent,
            memory_bytes: resource_usage::memory_kib() * 1024,
        }
    }
}

/// The processors that the process may use. `cores` follows from affinity and quota too, but is rounded down.
fn processors(cores: f64, quota: Option<f64>) -> f64 {
    let quota = quota.filter(|quota| *quota < cores + 1.0);
    quota.unwrap_or(cores)
}

/// The master warns above 90: a process of several threads must not reach it with one busy processor of many.
fn percent(used: Duration, elapsed: Duration, processors: f64) -> f64 {
    let share = used.as_secs_f64() / elapsed.as_secs_f64() / processors;
    (100.0 * share).clamp(0.0, 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_that_of_all_allowed_processors() {
        let second = Duration::from_secs(1);
        assert!((percent(second, second, 4.0) - 25.0).abs() < 1e-9);
        assert!((percent(second / 2, second, 0.5) - 100.0).abs() < 1e-9);
        assert!((percent(5 * second, second, 4.0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn quota_counts_with_its_fraction() {
        for (cores, quota, expected) in [(1.0, 0.5, 0.5), (1.0, 1.5, 1.5), (2.0, 8.0, 2.0)] {
            assert!((processors(cores, Some(quota)) - expected).abs() < 1e-9);
        }
        assert!((processors(4.0, None) - 4.0).abs() < 1e-9);
    }

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
    fn share_is_a_number_that_can_be_sent() {
        let share = MachineMeter::start().share();
        assert!((0.0..=100.0).contains(&share.cpu_percent));
        assert!(share.memory_bytes > 0);
    }
}
