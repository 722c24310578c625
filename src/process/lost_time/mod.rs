//! What the processes of a trial did not get from the machine, and what else used its processors. The figures come from
//! `/proc`, which is Linux's; elsewhere they are unknown.

mod canary;
mod cgroups;
pub(crate) mod cpu_quota;
pub(crate) mod local_server;
pub(crate) mod processor_log;
mod processor_times;
mod run_queue;
pub(crate) mod sched_stat;
mod throttling;

use self::canary::Canary;
use self::run_queue::RunQueue;
use flagpole_analysis::comparison::ResourceUsage;
use flagpole_analysis::validity::LostTime;
use flagpole_protocol::{AttemptRecord, as_micros};
use std::time::Duration;

/// Measures in the process of a trial what a run did not get.
pub(crate) struct LostTimeProbe {
    canary: Option<Canary>,
    run_queue: RunQueue,
    throttled_before: Option<Duration>,
}

impl LostTimeProbe {
    /// Begins just before the run. The thread that calls this must also call [`finish`](LostTimeProbe::finish).
    pub(crate) fn start() -> LostTimeProbe {
        LostTimeProbe {
            canary: Canary::start(),
            throttled_before: throttling::throttled(),
            run_queue: RunQueue::start(),
        }
    }

    /// Called after each attempt, in the thread that made it.
    pub(crate) fn observe(&self, record: &AttemptRecord) {
        self.run_queue.observe(record);
    }

    /// Ends just after the run, which used `used` with this probe; returns what the run used itself.
    pub(crate) fn finish(self, used: ResourceUsage) -> (LostTime, ResourceUsage) {
        let readings = ResourceUsage {
            cpu_system_us: as_micros(self.run_queue.cost()),
            ..ResourceUsage::default()
        };
        let canary = self.canary.map(Canary::finish).unwrap_or_default();
        let throttled = throttling::throttled().zip(self.throttled_before);
        let throttled = throttled.map(|(after, before)| after.saturating_sub(before));
        let waiting = self.run_queue.finish();
        let lost = LostTime {
            run_queue_us: waiting.map(|waiting| as_micros(waiting.run_queue)),
            thread_time_us: waiting.map(|waiting| as_micros(waiting.thread_time)),
            stopped_us: canary.stopped.map(as_micros),
            throttled_us: throttled.map(as_micros),
            ..LostTime::default()
        };
        (lost, used.without(&canary.usage).without(&readings))
    }
}
