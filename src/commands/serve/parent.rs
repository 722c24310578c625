//! The parent process, with which the server can end.

use anyhow::{Result, bail};
use std::os::unix::process::parent_id;
use std::time::Duration;
use std::{io, thread};

/// The time between two looks at the parent process.
const POLL: Duration = Duration::from_millis(100);

/// The process that started this one.
#[derive(Clone, Copy)]
pub(super) struct ParentProcess(u32);

impl ParentProcess {
    /// The present parent process.
    pub(super) fn current() -> Result<ParentProcess> {
        match parent_id() {
            0 => bail!(
                "--exit-with-parent: the parent process is outside of this PID namespace, where its end is not visible"
            ),
            1 if is_orphan() => bail!("--exit-with-parent: the parent process has already ended"),
            id => Ok(ParentProcess(id)),
        }
    }

    /// Calls `on_end` when the process has ended, however it ended: then this process has another parent.
    ///
    /// `PR_SET_PDEATHSIG` of Linux is no alternative: it follows the thread that started this process, which may end long
    /// before its process does.
    pub(super) fn watch(self, on_end: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let work = move || {
            while parent_id() == self.0 {
                thread::sleep(POLL);
            }
            on_end();
        };
        let thread = thread::Builder::new().name("parent".to_owned());
        thread.spawn(work).map(drop)
    }
}

/// Whether process 1, the present parent, adopted this process. In a container it may as well have started it: then both
/// are of one session, or this process leads its own session.
fn is_orphan() -> bool {
    let session = |of| nix::unistd::getsid(of).ok();
    let own = session(None);
    let init = session(Some(nix::unistd::Pid::from_raw(1)));
    own.is_some() && init.is_some() && own != init && own != Some(nix::unistd::getpid())
}
