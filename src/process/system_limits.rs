//! What the system allows: open files, and ports to connect from.

use anyhow::{Result, bail};
use flagpole_analysis::validity::verdict::Resource;
use flagpole_server::open_files;

/// Descriptors that a process needs besides its connections: standard streams, event loops, timers,
/// files being saved.
const OTHERS: u64 = 64;

/// How many connections the limit on open files has room for, once raised as far as it goes.
pub(crate) fn connections() -> u64 {
    open_files::raise_limit().saturating_sub(OTHERS)
}

/// How many ports a client can connect from, where the system tells.
fn ports() -> Option<u64> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    within(&range)
}

/// How many numbers are in a range such as `32768 60999`.
fn within(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map(|end| end.parse::<u64>().ok());
    let (first, last) = (ends.next()??, ends.next()??);
    Some((last + 1).saturating_sub(first))
}

/// What a failure with this reason ran out of.
#[cfg(unix)]
pub(crate) fn ran_out_of(reason: &str) -> Option<Resource> {
    use nix::libc::{EADDRNOTAVAIL, EMFILE, ENFILE};
    let is = |error| reason.contains(&std::io::Error::from_raw_os_error(error).to_string());
    if is(EMFILE) || is(ENFILE) {
        Some(Resource::Descriptors)
    } else {
        is(EADDRNOTAVAIL).then_some(Resource::Ports)
    }
}

/// What a failure with this reason ran out of: not known here.
#[cfg(not(unix))]
pub(crate) fn ran_out_of(_reason: &str) -> Option<Resource> {
    None
}

/// How much of it there is; 0 where the system does not tell.
pub(crate) fn available(of: Resource) -> u64 {
    match of {
        Resource::Descriptors => open_files::raise_limit(),
        Resource::Ports => ports().unwrap_or(0),
    }
}

/// Refuses a concurrency that the limit on open files, or the ports, have no room for.
pub(crate) fn make_room(lanes: usize) -> Result<()> {
    let (needed, room) = (lanes as u64, connections());
    if needed > room {
        bail!(
            "--max-req: {lanes} connections need {} open files, and {} are allowed; raise the limit \
             with `ulimit -n`",
            needed + OTHERS,
            room + OTHERS
        );
    }
    if let Some(ports) = ports().filter(|&ports| needed > ports) {
        bail!(
            "--max-req: {lanes} connections need as many ports, and there are {ports}; widen \
             `net.ipv4.ip_local_port_range`"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_ports_holds_both_its_ends() {
        assert_eq!(within("32768\t60999\n"), Some(28_232));
        assert_eq!(within("40000 40050"), Some(51));
        assert_eq!(within("9 8"), Some(0));
        assert_eq!(within("any"), None);
    }
}
