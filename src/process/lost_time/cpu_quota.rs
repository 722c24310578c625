//! How many processors the control groups of this process let it use.

use super::cgroups;
use std::fs;
use std::path::Path;

/// The smallest quota of the cgroup and its ancestors, in processors; `None` without one.
pub(crate) fn cpu_quota() -> Option<f64> {
    let quotas = cgroups::folders();
    let quotas = quotas.iter().filter_map(|folder| quota(folder));
    quotas.min_by(f64::total_cmp)
}

/// That of one cgroup, by version 2 or version 1.
fn quota(folder: &Path) -> Option<f64> {
    let read = |name| fs::read_to_string(folder.join(name)).ok();
    let of_version_1 = || {
        let (quota, period) = (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?);
        Some(format!("{} {}", quota.trim(), period.trim()))
    };
    processors(&read("cpu.max").or_else(of_version_1)?)
}

/// Quota and period: `150000 100000` is one and a half processors. `max`, or -1, is no quota.
fn processors(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_is_in_processors() {
        assert_eq!(processors("150000 100000\n"), Some(1.5));
        assert_eq!(processors("max 100000"), None);
        assert_eq!(processors("-1 100000"), None);
        assert_eq!(processors("0 0"), None);
    }
}
