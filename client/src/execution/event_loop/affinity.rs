//! Pins the threads of event loops to cores.

/// The cores for this many event loops: a core for each loop if there are as many loops as cores, because the scheduler of
/// the system sometimes puts two loops on one core; otherwise none.
pub(crate) fn cores_for(loops: usize) -> Option<Vec<usize>> {
    Some(system::available()).filter(|cores| cores.len() == loops)
}

pub(crate) use system::pin_to;

/// Pins threads to the cores that this process may run on (CPU affinity).
#[cfg(target_os = "linux")]
mod system {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The numbers of the cores that the calling thread may run on; empty if unknown.
    pub(crate) fn available() -> Vec<usize> {
        let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        let cores = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
        cores.collect()
    }

    /// Keeps the calling thread on this core. An error is ignored, because the thread would only be slower.
    pub(crate) fn pin_to(core: usize) {
        let mut only = CpuSet::new();
        only.set(core);
        let _ = sched_setaffinity(None, &only);
    }
}

/// Known on Linux only.
#[cfg(not(target_os = "linux"))]
mod system {
    pub(crate) fn available() -> Vec<usize> {
        Vec::new()
    }

    pub(crate) fn pin_to(_: usize) {}
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::system::{available, pin_to};

    #[test]
    fn pinning_moves_only_the_calling_thread() {
        let cores = available();
        let last = *cores.last().unwrap();
        let pinned = std::thread::spawn(move || {
            pin_to(last);
            available()
        });
        assert_eq!(pinned.join().unwrap(), [last]);
        assert_eq!(available(), cores);
    }
}
