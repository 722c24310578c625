//! The control groups of this process that limit its processors.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the cgroup with the CPU controller and of its ancestors; empty if the system has none.
pub(super) fn folders() -> Vec<PathBuf> {
    let cgroups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let folders = cgroups.lines().filter_map(folder);
    let ancestors = folders.flat_map(|(root, folder)| {
        let folders = folder.ancestors().map(Path::to_owned).collect::<Vec<_>>();
        folders
            .into_iter()
            .take_while(move |folder| folder.starts_with(&root))
    });
    ancestors.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

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
