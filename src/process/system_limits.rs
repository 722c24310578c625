//! What the system allows: open files, and ports to connect from.

use anyhow::{Result, bail};
use flagpole_analysis::validity::verdict::Resource;
use flagpole_client::transport::connect_failure_cause;
use flagpole_protocol::ConnectFailureCause;
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

/// The resource that ran out, if that is why a connection could not be opened.
pub(crate) fn resource(cause: ConnectFailureCause) -> Option<Resource> {
    match cause {
        ConnectFailureCause::OutOfFileDescriptors => Some(Resource::Descriptors),
        ConnectFailureCause::OutOfPorts => Some(Resource::Ports),
        ConnectFailureCause::Other => None,
    }
}

/// The cause of an error, by the first error of the operating system in its chain.
pub(crate) fn cause(error: &anyhow::Error) -> ConnectFailureCause {
    let io_error = error.chain().find_map(|cause| cause.downcast_ref());
    io_error.map_or(ConnectFailureCause::Other, connect_failure_cause)
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

    #[cfg(unix)]
    #[test]
    fn cause_is_found_in_the_error_chain() {
        use anyhow::Context as _;
        use nix::libc::{EADDRNOTAVAIL, EMFILE, ENFILE, ENOENT};
        for (errno, expected) in [
            (EMFILE, ConnectFailureCause::OutOfFileDescriptors),
            (ENFILE, ConnectFailureCause::OutOfFileDescriptors),
            (EADDRNOTAVAIL, ConnectFailureCause::OutOfPorts),
            (ENOENT, ConnectFailureCause::Other),
        ] {
            let error = Err::<(), _>(std::io::Error::from_raw_os_error(errno));
            let error = error.context("cannot start a process").unwrap_err();
            assert_eq!(cause(&error), expected, "{error:#}");
        }
    }

    #[test]
    fn a_range_of_ports_holds_both_its_ends() {
        assert_eq!(within("32768\t60999\n"), Some(28_232));
        assert_eq!(within("40000 40050"), Some(51));
        assert_eq!(within("9 8"), Some(0));
        assert_eq!(within("any"), None);
    }
}
