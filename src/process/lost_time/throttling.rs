//! How long this process's cgroup was throttled, because it had used its CPU quota.

use super::cgroups;
use std::fs;
use std::time::Duration;

/// The time so far in which a cgroup of this process was throttled, added up over its processors: of the cgroup and its
/// ancestors the longest. `None` if the system does not report it.
pub(super) fn throttled() -> Option<Duration> {
    let stats = cgroups::folders().into_iter().filter_map(|folder| {
        let text = fs::read_to_string(folder.join("cpu.stat")).ok()?;
        throttled_time(&text)
    });
    stats.max()
}

/// The throttled time in a `cpu.stat`: microseconds in version 2, nanoseconds in version 1.
fn throttled_time(text: &str) -> Option<Duration> {
    let number = |name| {
        let mut lines = text.lines();
        let rest = lines.find_map(|line| line.strip_prefix(name))?;
        rest.trim().parse().ok()
    };
    let micros = number("throttled_usec ").map(Duration::from_micros);
    micros.or_else(|| number("throttled_time ").map(Duration::from_nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_cgroups_are_read() {
        let v1 = "nr_periods 24\nnr_throttled 24\nthrottled_time 1655052047\n";
        let v2 = "usage_usec 9\nnr_throttled 24\nthrottled_usec 1655052\nnr_bursts 0\n";
        assert_eq!(
            throttled_time(v1),
            Some(Duration::from_nanos(1_655_052_047))
        );
        assert_eq!(throttled_time(v2), Some(Duration::from_micros(1_655_052)));
        assert_eq!(throttled_time("usage_usec 9\n"), None);
    }
}
