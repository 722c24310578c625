//! What Linux tells of processes, in `proc(5)`.

use std::fs;

/// The processes that were given exactly this argument.
pub(crate) fn with_argument(argument: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| arguments(*pid).iter().any(|word| word == argument))
        .collect()
}

/// The processes that this one started and that have not ended, by their first argument.
pub(crate) fn children(parent: u32, argument: &str) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name in brackets may hold anything; the state and the parent follow on it.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        behind.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    with_argument(argument)
        .into_iter()
        .filter(is_child)
        .collect()
}

/// The arguments of a process; none of one that has ended, reaped or not.
fn arguments(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

/// Whether a process has a connection, open or to be.
pub(crate) fn has_socket(pid: u32) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    let mut targets = descriptors
        .flatten()
        .flat_map(|fd| fs::read_link(fd.path()));
    targets.any(|target| target.to_string_lossy().starts_with("socket:"))
}

/// A figure of `/proc/PID/status` in KiB: `VmRSS`, what is resident; `VmHWM`, the most that ever
/// was. `None` of a process that has ended, and of one that has not begun: until it has memory of its own, for
/// a moment after it was started, it is in ours, and this would be our figure.
pub(crate) fn memory(pid: u32, figure: &str) -> Option<u64> {
    let own = std::process::id();
    if pid != own && arguments(pid) == arguments(own) {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_process_is_found_by_its_arguments_and_by_its_memory() {
    let own = std::env::args().next().unwrap();
    assert!(with_argument(&own).contains(&std::process::id()));
    assert!(memory(std::process::id(), "VmHWM").unwrap() > 100);
}
