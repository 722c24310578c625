//! What the thread of an event loop used, and what it did not get.

use crate::process::lost_time::sched_stat::SchedStat;
use crate::process::resource_usage;
use flagpole_analysis::load::LoopUsage;
use flagpole_protocol::as_micros;
use std::time::Instant;

/// Measures the calling thread.
pub(super) struct LoopMeter {
    start: Instant,
    cpu_us: u64,
    stat: Option<SchedStat>,
}

impl LoopMeter {
    pub(super) fn start() -> LoopMeter {
        LoopMeter {
            start: Instant::now(),
            cpu_us: resource_usage::of_thread().cpu_us(),
            stat: SchedStat::of_this_thread(),
        }
    }

    /// What the thread used since the start; called in the same thread.
    pub(super) fn usage(&self) -> LoopUsage {
        let stat = SchedStat::of_this_thread().zip(self.stat);
        let run_queue = stat.map(|(now, before)| now.since(before).run_queue);
        LoopUsage {
            elapsed_us: as_micros(self.start.elapsed()),
            cpu_us: resource_usage::of_thread().cpu_us() - self.cpu_us,
            run_queue_us: run_queue.map(as_micros),
            ..LoopUsage::default()
        }
    }
}
