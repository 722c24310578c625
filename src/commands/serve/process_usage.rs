//! What the process of the servers used of the processors, for the control plane.

use crate::process::lost_time::sched_stat::SchedStat;
use crate::process::resource_usage;
use flagpole_protocol::{ProcessUsage, as_micros};
use std::collections::BTreeMap;
use std::mem;

/// Measures the time between two calls.
#[derive(Default)]
pub(super) struct UsageMeter {
    /// Since the start of the process, until the previous call.
    cpu_us: u64,
    /// What the scheduler said of each thread at the previous call.
    threads: BTreeMap<String, SchedStat>,
}

impl UsageMeter {
    /// What the process used since the previous call; since its start at the first one.
    pub(super) fn take(&mut self) -> ProcessUsage {
        let cpu_us = resource_usage::current().cpu_us();
        let threads = SchedStat::of_threads();
        let run_queue_us = busiest_run_queue_us(&threads, &self.threads);
        self.threads = threads;
        ProcessUsage {
            cpu_us: cpu_us - mem::replace(&mut self.cpu_us, cpu_us),
            run_queue_us,
        }
    }
}

/// The run-queue delay since `before` of the thread that used the most CPU time since then. A response waits for the
/// thread of its connection, and the busiest one has the most connections.
fn busiest_run_queue_us(
    now: &BTreeMap<String, SchedStat>,
    before: &BTreeMap<String, SchedStat>,
) -> Option<u64> {
    let since = now.iter().map(|(id, now)| {
        let before = before.get(id).copied().unwrap_or_default();
        now.since(before)
    });
    let busiest = since.max_by_key(|stat| stat.cpu)?;
    Some(as_micros(busiest.run_queue))
}
