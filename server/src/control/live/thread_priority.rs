//! The priority of the threads of live pages.

/// Gives the calling thread the lowest priority, where the system has one for a thread: it takes no time that the
/// servers need.
#[cfg(target_os = "linux")]
pub(super) fn lower() {
    const NICE: i32 = 19;
    // Without a process id this means the calling thread. If the system refuses, the priority stays as it is.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
pub(super) fn lower() {}
