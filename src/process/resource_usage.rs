//! What this process has used: CPU time, context switches, threads, memory.

use flagpole_analysis::comparison::ResourceUsage;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// The highest sampled number of threads. It is sampled after the 1st, 2nd, 4th, 8th ... attempt, because a sample
/// costs as much as a request, and strategies start their threads with their first attempts.
#[derive(Default)]
pub(crate) struct ThreadCounter {
    attempts: AtomicU64,
    max: AtomicU64,
}

impl ThreadCounter {
    pub(crate) fn sample(&self) {
        let count = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            self.max.fetch_max(threads(), Ordering::Relaxed);
        }
    }

    pub(crate) fn max(&self) -> u64 {
        self.max.load(Ordering::Relaxed)
    }
}

/// The number of threads of this process; 0 if the system does not report it.
pub(crate) fn threads() -> u64 {
    process_status("Threads:")
}

/// The peak resident memory of this process in KiB; 0 if the system does not report it.
pub(crate) fn peak_memory_kib() -> u64 {
    process_status("VmHWM:")
}

/// The resident memory of this process in KiB; 0 if the system does not report it.
pub(crate) fn memory_kib() -> u64 {
    process_status("VmRSS:")
}

fn process_status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// CPU time and context switches of this process; 0 if the system does not report them.
pub(crate) fn current() -> ResourceUsage {
    usage::current()
}

/// CPU time and context switches of the calling thread; 0 if the system does not report them.
pub(crate) fn of_thread() -> ResourceUsage {
    usage::of_thread()
}

/// CPU time and context switches of the child processes that have exited; 0 if the system does not report them.
pub(crate) fn of_children() -> ResourceUsage {
    usage::of_children()
}

/// The peak resident memory of the largest child process that has exited, in KiB.
#[cfg(target_os = "linux")]
pub(crate) fn largest_child_kib() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN);
    usage.map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0))
}

#[cfg(unix)]
mod usage {
    use super::ResourceUsage;
    // rustix has no getrusage.
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;

    pub(super) fn current() -> ResourceUsage {
        of(UsageWho::RUSAGE_SELF)
    }

    pub(super) fn of_children() -> ResourceUsage {
        of(UsageWho::RUSAGE_CHILDREN)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn of_thread() -> ResourceUsage {
        of(UsageWho::RUSAGE_THREAD)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn of_thread() -> ResourceUsage {
        ResourceUsage::default()
    }

    fn of(what: UsageWho) -> ResourceUsage {
        let Ok(usage) = getrusage(what) else {
            return ResourceUsage::default();
        };
        let micros = |value: TimeVal| {
            let seconds = u64::try_from(value.tv_sec()).unwrap_or(0);
            seconds * 1_000_000 + u64::try_from(value.tv_usec()).unwrap_or(0)
        };
        let count = |count| u64::try_from(count).unwrap_or(0);
        ResourceUsage {
            cpu_user_us: micros(usage.user_time()),
            cpu_system_us: micros(usage.system_time()),
            voluntary_context_switches: count(usage.voluntary_context_switches()),
            involuntary_context_switches: count(usage.involuntary_context_switches()),
            ..ResourceUsage::default()
        }
    }
}

#[cfg(not(unix))]
mod usage {
    use super::ResourceUsage;

    pub(super) fn current() -> ResourceUsage {
        ResourceUsage::default()
    }

    pub(super) use current as of_thread;
    pub(super) use current as of_children;
}
