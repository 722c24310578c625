//! The operating system's limit on open files. Every connection is an open file.

use crate::net::socket;

/// Open files of a worker: its listening socket, the two of its event loop, the one that wakes it, its timer, and the
/// connection that it has accepted at the limit of connections.
const FILES_PER_WORKER: u64 = 6;

/// The number of open files of a server with the default number of workers, besides its connections.
pub fn per_server() -> u64 {
    FILES_PER_WORKER * socket::default_workers().get() as u64
}

/// The process's soft limit on open files.
#[cfg(target_os = "linux")]
pub fn limit() -> u64 {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Returns 256, the default soft limit of most systems other than Linux, without reading the limit.
#[cfg(not(target_os = "linux"))]
pub fn limit() -> u64 {
    256
}

/// Raises the process's soft limit on open files to the hard limit, if the system permits; returns the
/// soft limit that applies afterwards.
#[cfg(target_os = "linux")]
pub fn raise_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let old = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: old.maximum,
        maximum: old.maximum,
    };
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() {
        raised
    } else {
        old
    };
    limit.current.unwrap_or(u64::MAX)
}

/// Returns the soft limit without raising it.
#[cfg(not(target_os = "linux"))]
pub fn raise_limit() -> u64 {
    limit()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn soft_limit_becomes_the_hard_limit() {
        let raised = super::raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(Some(raised), limit.current);
        assert_eq!(limit.current, limit.maximum);
    }
}
