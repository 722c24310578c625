//! What the system allows: open files.

use anyhow::{Result, bail};
use flagpole_server::open_files;

/// Descriptors that a process needs besides its connections: standard streams, event loops, timers,
/// files being saved.
const OTHERS: u64 = 64;

/// How many connections the limit on open files has room for, once raised as far as it goes.
pub(crate) fn connections() -> u64 {
    open_files::raise_limit().saturating_sub(OTHERS)
}

/// Refuses a concurrency that the limit on open files has no room for.
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
    Ok(())
}
