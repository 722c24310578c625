//! The processes of a program by their process group.

use anyhow::Result;
use std::io;
use std::process::{Child, ExitStatus};

/// The process group of a program. Memory and threads are unknown.
pub(in crate::process::program) struct ProcessGroup {
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no process groups"))]
    main: Option<u32>,
}

impl ProcessGroup {
    pub(in crate::process::program) fn adopt() -> ProcessGroup {
        ProcessGroup { main: None }
    }

    pub(in crate::process::program) fn set_main(&mut self, pid: u32) {
        self.main = Some(pid);
    }

    pub(in crate::process::program) fn sample(&mut self) {}

    pub(in crate::process::program) fn kill(&self) {
        #[cfg(unix)]
        if let Some(pid) = self
            .main
            .and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()))
        {
            // It fails if all processes have ended.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }

    /// Waits for the program, and ends the rest of its group before its number can become that of another process.
    pub(in crate::process::program) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        if let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
            use rustix::process::{WaitId, WaitIdOptions, waitid};
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
            // It fails if no other process is left.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        child.wait()
    }

    /// The group has ended with the program.
    pub(in crate::process::program) fn end(&mut self) -> Result<()> {
        self.main = None;
        Ok(())
    }

    pub(in crate::process::program) fn peak_memory_kib(&self) -> u64 {
        0
    }

    pub(in crate::process::program) fn peak_threads(&self) -> u64 {
        0
    }
}
