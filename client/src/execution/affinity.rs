//! The cores that this process may run on, and keeping a thread on one of them.

#[cfg(target_os = "linux")]
pub(crate) use linux::{allowed, stay_on};

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The numbers of the cores that the calling thread may run on, as the system counts them; empty where
    /// it does not say.
    pub(crate) fn allowed() -> Vec<usize> {
        let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        let cores = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
        cores.collect()
    }

    /// Keeps the calling thread on this core from now on. The system may refuse; the thread is then as
    /// fast as it was.
    pub(crate) fn stay_on(core: usize) {
        let mut only = CpuSet::new();
        only.set(core);
        let _ = sched_setaffinity(None, &only);
    }
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allowed() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn stay_on(_: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_on_the_core_it_was_given_and_others_go_where_they_like() {
        let cores = allowed();
        let last = *cores.last().unwrap();
        let kept = std::thread::spawn(move || {
            stay_on(last);
            allowed()
        });
        assert_eq!(kept.join().unwrap(), [last]);
        assert_eq!(allowed(), cores);
    }
}
