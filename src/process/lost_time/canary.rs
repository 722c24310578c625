//! A canary: a thread that only sleeps, and notices when the whole process was stopped.
//!
//! A stopped process (`SIGSTOP`, a frozen cgroup, a paused virtual machine) waits in no run queue, so the scheduler's
//! figures do not show it. The canary sleeps until fixed points in time. If it wakes late although it did not wait for a
//! processor, the process was stopped.

use super::sched_stat::SchedStat;
use crate::process::resource_usage;
use flagpole_analysis::comparison::ResourceUsage;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The time between two points in time. A stop is noticed from the next point on: on average half of this late.
const PERIOD: Duration = Duration::from_millis(5);

/// Timers are this late on a machine that stops nothing: the timer slack of Linux is 50 µs, waking an idle processor of a
/// virtual machine takes several times as long.
const TOLERANCE: Duration = Duration::from_millis(1);

/// The size of the stack, in bytes.
const STACK_SIZE: usize = 64 << 10;

/// A running canary.
pub(super) struct Canary {
    thread: JoinHandle<Observation>,
    is_over: Arc<AtomicBool>,
}

/// What a canary saw.
#[derive(Default)]
pub(super) struct Observation {
    /// How long the process was stopped; `None` if the system does not report run-queue delays.
    pub(super) stopped: Option<Duration>,
    /// What the canary itself used.
    pub(super) usage: ResourceUsage,
}

impl Canary {
    /// Starts a canary and waits until it watches; `None` if the system refuses the thread.
    pub(super) fn start() -> Option<Canary> {
        let is_over = Arc::new(AtomicBool::new(false));
        let (ready, is_ready) = mpsc::channel();
        let end = is_over.clone();
        let watch = move || {
            let before = resource_usage::of_thread();
            let _ = ready.send(());
            let stopped = watch(&end);
            let usage = resource_usage::of_thread().delta_since(&before);
            Observation { stopped, usage }
        };
        let builder = thread::Builder::new()
            .name("canary".into())
            .stack_size(STACK_SIZE);
        let thread = builder.spawn(watch).ok()?;
        is_ready.recv().ok()?;
        Some(Canary { thread, is_over })
    }

    pub(super) fn finish(self) -> Observation {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_default()
    }
}

fn watch(is_over: &AtomicBool) -> Option<Duration> {
    let mut schedstat = File::open("/proc/thread-self/schedstat").ok()?;
    let mut waited = SchedStat::read(&mut schedstat)?.run_queue;
    let mut stopped = Duration::ZERO;
    let mut deadline = Instant::now() + PERIOD;
    loop {
        let now = Instant::now();
        if now < deadline {
            if is_over.load(Ordering::Relaxed) {
                return Some(stopped);
            }
            thread::park_timeout(deadline - now);
            continue;
        }
        let before = waited;
        waited = SchedStat::read(&mut schedstat)?.run_queue;
        stopped += stop(now - deadline, waited.saturating_sub(before));
        deadline = next_deadline(deadline, now);
    }
}

/// How long the process was stopped if the canary woke so late, having waited for a processor meanwhile.
fn stop(late: Duration, run_queue: Duration) -> Duration {
    late.saturating_sub(run_queue).saturating_sub(TOLERANCE)
}

/// The first deadline after `now`; those that have passed meanwhile are skipped.
fn next_deadline(deadline: Instant, now: Instant) -> Instant {
    let passed = (now - deadline).as_nanos() / PERIOD.as_nanos();
    deadline + PERIOD * (u32::try_from(passed).unwrap_or(u32::MAX - 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn waiting_for_a_processor_is_no_stop() {
        assert_eq!(stop(60 * MS, Duration::ZERO), 59 * MS);
        assert_eq!(stop(60 * MS, 50 * MS), 9 * MS);
        assert_eq!(stop(60 * MS, 70 * MS), Duration::ZERO);
        assert_eq!(stop(MS / 2, Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn deadlines_keep_their_grid() {
        let deadline = Instant::now();
        assert_eq!(next_deadline(deadline, deadline), deadline + PERIOD);
        let late = deadline + PERIOD * 3 + MS;
        assert_eq!(next_deadline(deadline, late), deadline + PERIOD * 4);
    }
}
