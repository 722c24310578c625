//! The processes of a program by their process group.

use anyhow::Result;

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

    pub(in crate::process::program) fn end(&mut self) -> Result<()> {
        self.kill();
        Ok(())
    }

    pub(in crate::process::program) fn peak_memory_kib(&self) -> u64 {
        0
    }

    pub(in crate::process::program) fn peak_threads(&self) -> u64 {
        0
    }
}
