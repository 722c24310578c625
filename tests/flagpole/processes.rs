//! Processes as Linux shows them in `proc(5)`.

use std::fs;

/// Processes with exactly this argument.
pub(crate) fn with_argument(argument: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| arguments(*pid).iter().any(|word| word == argument))
        .collect()
}

/// Running children of `parent` with this argument.
pub(crate) fn children(parent: u32, argument: &str) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The command name in parentheses may hold any character; state and parent follow it.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    with_argument(argument)
        .into_iter()
        .filter(is_child)
        .collect()
}

/// Empty for a process that has ended, reaped or not.
fn arguments(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

pub(crate) fn has_socket(pid: u32) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    let mut targets = descriptors
        .flatten()
        .flat_map(|fd| fs::read_link(fd.path()));
    targets.any(|target| target.to_string_lossy().starts_with("socket:"))
}

/// A value of `/proc/PID/status` in KiB: `VmRSS` (resident now) or `VmHWM` (peak). `None` for a
/// process that has ended, and for one that has not called `exec` yet: it still shares our memory.
pub(crate) fn memory(pid: u32, figure: &str) -> Option<u64> {
    let own = std::process::id();
    if pid != own && arguments(pid) == arguments(own) {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
