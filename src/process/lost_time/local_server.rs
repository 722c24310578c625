//! The processes of a server at a URL that runs on this machine: their CPU time is part of what is measured, not that of
//! other programs.

use super::processor_times::TICK;
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The state of a listening socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";

/// The processes that have a socket that listens on a port; none if the server runs elsewhere, or if the system does not
/// say or does not let this process see.
#[derive(Default)]
pub(crate) struct LocalServer {
    /// `/proc/1234`.
    processes: Vec<PathBuf>,
}

impl LocalServer {
    pub(crate) fn find(addresses: &[SocketAddr]) -> LocalServer {
        let local = addresses
            .iter()
            .filter(|address| address.ip().is_loopback());
        let ports: BTreeSet<u16> = local.map(SocketAddr::port).collect();
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter();
        let tables = tables.filter_map(|path| fs::read_to_string(path).ok());
        let sockets = tables.flat_map(|table| listening(&table, &ports));
        let sockets: BTreeSet<String> = sockets.collect();
        let processes = if sockets.is_empty() {
            None
        } else {
            fs::read_dir("/proc").ok()
        };
        let processes = processes.into_iter().flatten().flatten();
        LocalServer {
            processes: processes
                // Not the links `self` and `thread-self`.
                .filter(|process| process.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|process| process.path())
                .filter(|process| has_socket(process, &sockets))
                .collect(),
        }
    }

    /// Whether a process was found.
    pub(crate) fn is_found(&self) -> bool {
        !self.processes.is_empty()
    }

    /// The CPU time of the processes so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stats = self.processes.iter();
        let stats = stats.filter_map(|process| fs::read_to_string(process.join("stat")).ok());
        stats.filter_map(|stat| cpu_time(&stat)).sum()
    }
}

/// The sockets in a table that listen on one of these ports, as the links of file descriptors name them.
fn listening(table: &str, ports: &BTreeSet<u16>) -> Vec<String> {
    let sockets = table.lines().filter_map(|line| {
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
        let columns: Vec<_> = line.split_whitespace().collect();
        let (_, port) = columns.get(1)?.rsplit_once(':')?;
        let is_one = ports.contains(&u16::from_str_radix(port, 16).ok()?);
        let inode = columns.get(9)?;
        (is_one && columns[3] == LISTENING).then(|| format!("socket:[{inode}]"))
    });
    sockets.collect()
}

fn has_socket(process: &Path, sockets: &BTreeSet<String>) -> bool {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten();
    let mut links = files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok());
    links.any(|link| link.to_str().is_some_and(|link| sockets.contains(link)))
}

/// User and system time in `/proc/PID/stat`.
fn cpu_time(stat: &str) -> Option<Duration> {
    // The name of the program is in parentheses, and may contain anything. utime and stime are columns 14 and 15.
    let (_, columns) = stat.rsplit_once(')')?;
    let ticks = columns.split_whitespace().skip(11).take(2);
    let ticks: Vec<u32> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
    Some(TICK * ticks.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_listen_on_the_port_are_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1566 1 0 100\n\
             1: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1567 1 0 100\n\
             2: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1568 1 0 100\n\
             3: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1569 1 0 100\n";
        let found = listening(table, &BTreeSet::from([8000]));
        assert_eq!(found, ["socket:[1566]", "socket:[1567]"]);
    }

    #[test]
    fn cpu_time_is_read_after_the_name_of_the_program() {
        let stat = "12 (a) b) S 1 12 12 0 -1 4194304 100 0 0 0 30 12 5 6 20 0 4 0 100";
        assert_eq!(cpu_time(stat), Some(Duration::from_millis(420)));
        assert_eq!(cpu_time(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn processes_of_a_listening_socket_are_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = LocalServer::find(&[listener.local_addr().unwrap()]);
        let own = PathBuf::from(format!("/proc/{}", std::process::id()));
        assert_eq!(server.processes, [own]);
        let remote = "192.0.2.1:80".parse().unwrap();
        assert!(LocalServer::find(&[remote]).processes.is_empty());
    }
}
