//! What the system allows: open files, and ports to connect from.

use anyhow::{Result, bail};
use flagpole_analysis::validity::ValidityIssue;
use flagpole_client::connect_failure_cause;
use flagpole_protocol::ConnectFailureCause;
use flagpole_server::open_files;

/// Open files of a process besides its connections: standard streams, event loops, timers, files that are written.
const OTHER_FILES: u64 = 64;

/// Open files of `serve` that belong to no server: standard streams, signals, the journal, files that a library opens.
const STANDARD_FILES: u64 = 16;

/// The number of connections that the limit on open files allows. Raises the soft limit to the hard limit first.
pub(crate) fn max_connections() -> u64 {
    open_files::raise_limit().saturating_sub(OTHER_FILES)
}

/// The least number of connections for which a server is started. Browsers open six to a server.
const MIN_CONNECTIONS: u64 = 8;

/// The number of connections of each of several servers that the limit on open files allows, at least the number that is
/// wanted. Raises the soft limit to the hard limit first. `reserved`: open files of a control plane.
pub(crate) fn connections_per_server(
    servers: usize,
    wanted: Option<usize>,
    reserved: u64,
) -> Result<usize> {
    let needed = wanted.map_or(MIN_CONNECTIONS, |wanted| wanted as u64);
    let (servers, allowed) = (servers as u64, open_files::raise_limit());
    // The servers share the limit.
    let other = OTHER_FILES.max(STANDARD_FILES + servers * open_files::per_server() + reserved);
    let connections = allowed.saturating_sub(other) / servers;
    if connections < needed {
        let option = wanted.map_or("", |_| "--max-connections: ");
        let listeners = if servers == 1 {
            "a listener needs".to_owned()
        } else {
            format!("{servers} listeners need")
        };
        bail!(
            "{option}{listeners} {} open files, {allowed} are allowed; raise the limit with `ulimit -n`{}",
            other + servers * needed,
            if reserved == 0 {
                ""
            } else {
                ", or lower `--max-control-connections`"
            }
        );
    }
    Ok(usize::try_from(connections).unwrap_or(usize::MAX))
}

/// The number of ports for outgoing connections; `None` if the system does not report it.
pub(crate) fn ports() -> Option<u64> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range_length(&range)
}

/// The number of ports in an inclusive range such as `32768 60999`.
fn range_length(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map(|end| end.parse::<u64>().ok());
    let (first, last) = (ends.next()??, ends.next()??);
    Some((last + 1).saturating_sub(first))
}

/// The cause of an error, by the first error of the operating system in its chain.
pub(crate) fn cause(error: &anyhow::Error) -> ConnectFailureCause {
    let io_error = error.chain().find_map(|cause| cause.downcast_ref());
    io_error.map_or(ConnectFailureCause::Other, connect_failure_cause)
}

/// The issue to report if a system resource ran out; `None` for another cause. `what` says what failed, such as `5 of 80
/// attempts did not connect`.
pub(crate) fn resource_issue(cause: ConnectFailureCause, what: &str) -> Option<ValidityIssue> {
    let (label, message) = match cause {
        ConnectFailureCause::OutOfFileDescriptors => {
            let files = open_files::raise_limit();
            let message = format!(
                "{what}: out of open files ({files} available); raise the limit with `ulimit -n`"
            );
            ("out_of_file_descriptors", message)
        }
        ConnectFailureCause::OutOfPorts => {
            let ports = ports().unwrap_or(0);
            let message = format!(
                "{what}: out of ports ({ports} available); widen `net.ipv4.ip_local_port_range`"
            );
            ("out_of_ports", message)
        }
        ConnectFailureCause::Other => return None,
    };
    Some(ValidityIssue::invalid(label, message))
}

/// Fails if the limits on open files or ports do not allow this concurrency.
pub(crate) fn check_concurrency(concurrency: usize) -> Result<()> {
    let (needed, allowed) = (concurrency as u64, max_connections());
    if needed > allowed {
        bail!(
            "--concurrency: {needed} connections need {} open files, {} are allowed; raise the limit with `ulimit -n`",
            needed + OTHER_FILES,
            allowed + OTHER_FILES
        );
    }
    if let Some(ports) = ports().filter(|&ports| needed > ports) {
        bail!(
            "--concurrency: {needed} connections need {needed} ports, {ports} are available; widen \
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
        use rustix::io::Errno;
        for (errno, expected) in [
            (Errno::MFILE, ConnectFailureCause::OutOfFileDescriptors),
            (Errno::NFILE, ConnectFailureCause::OutOfFileDescriptors),
            (Errno::ADDRNOTAVAIL, ConnectFailureCause::OutOfPorts),
            (Errno::NOENT, ConnectFailureCause::Other),
        ] {
            let error = Err::<(), _>(std::io::Error::from(errno));
            let error = error.context("cannot start a process").unwrap_err();
            assert_eq!(cause(&error), expected, "{error:#}");
        }
    }

    #[test]
    fn port_range_is_inclusive() {
        assert_eq!(range_length("32768\t60999\n"), Some(28_232));
        assert_eq!(range_length("40000 40050"), Some(51));
        assert_eq!(range_length("9 8"), Some(0));
        assert_eq!(range_length("any"), None);
    }
}
