//! What the system allows: open files.

use anyhow::{Result, bail};

/// Descriptors that a process needs besides its connections: standard streams, event loops, timers,
/// files being saved.
const OTHERS: u64 = 64;

/// Raises the soft limit on open files to the hard one; gives how many connections fit under it.
#[cfg(unix)]
pub(crate) fn connections() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let old = limit.current;
        limit.current = limit.maximum;
        // Not being allowed to raise it is no failure as long as the old limit does.
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = old;
        }
    }
    limit.current.unwrap_or(u64::MAX).saturating_sub(OTHERS)
}

/// Systems without such a limit.
#[cfg(not(unix))]
pub(crate) fn connections() -> u64 {
    u64::MAX
}

/// Refuses a concurrency that the limit on open files has no room for.
pub(crate) fn make_room(lanes: usize) -> Result<()> {
    let room = connections();
    let needed = lanes as u64;
    if needed > room {
        let limit = needed + OTHERS;
        bail!(
            "--max-req: {lanes} connections need {limit} open files, and {} are allowed; \
             raise the limit with `ulimit -n {limit}`",
            room + OTHERS
        );
    }
    Ok(())
}
