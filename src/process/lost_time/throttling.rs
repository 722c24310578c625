//! How long this process's cgroup was throttled, because it had used its CPU quota.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The time so far in which a cgroup of this process was throttled, added up over its processors: of the cgroup and its
/// ancestors the longest. `None` if the system does not report it.
pub(super) fn throttled() -> Option<Duration> {
    let cgroups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let folders = cgroups.lines().filter_map(folder);
    let ancestors = folders.flat_map(|(root, folder)| {
        let folders = folder.ancestors().map(Path::to_owned).collect::<Vec<_>>();
        folders
            .into_iter()
            .take_while(move |folder| folder.starts_with(&root))
    });
    let stats = ancestors.filter_map(|folder| {
        let text = fs::read_to_string(folder.join("cpu.stat")).ok()?;
        throttled_time(&text)
    });
    stats.max()
}

/// The mount point and the folder of a cgroup with the CPU controller, from a line of `/proc/self/cgroup`:
/// `0::/user.slice` (version 2) or `4:cpu,cpuacct:/` (version 1).
fn folder(line: &str) -> Option<(PathBuf, PathBuf)> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let root = match controllers {
        "" => Path::new("/sys/fs/cgroup").to_owned(),
        list if list.split(',').any(|one| one == "cpu") => Path::new("/sys/fs/cgroup").join(list),
        _ => return None,
    };
    let folder = root.join(path.trim_start_matches('/'));
    Some((root, folder))
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

    #[test]
    fn folder_is_that_of_the_cpu_controller() {
        let text = |line| folder(line).map(|(_, folder)| folder.display().to_string());
        let v2 = "/sys/fs/cgroup/user.slice";
        assert_eq!(text("0::/user.slice").as_deref(), Some(v2));
        let v1 = "/sys/fs/cgroup/cpu,cpuacct/a/b";
        assert_eq!(text("4:cpu,cpuacct:/a/b").as_deref(), Some(v1));
        assert_eq!(text("3:cpuset:/a"), None);
        assert_eq!(text("9:name=systemd:/a"), None);
    }
}
