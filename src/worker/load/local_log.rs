//! The log of a run, as text for the master and in a file of this machine.

use crate::experiment::output_target::{OutputStream, OutputTarget};
use crate::output;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The file of one run. An error while writing is noted once; the run goes on.
pub(super) struct LocalLog {
    stream: OutputStream,
    has_failed: Arc<AtomicBool>,
}

/// Where the log of a run is.
pub(super) struct LogFile {
    path: PathBuf,
    has_failed: Arc<AtomicBool>,
}

impl LogFile {
    /// The path, unless the file is incomplete.
    pub(super) fn complete(&self) -> Option<&Path> {
        (!self.has_failed.load(Ordering::Relaxed)).then_some(&self.path)
    }
}

impl LocalLog {
    /// Creates `<run>-<process>.hlog` in a folder. Says where it is.
    pub(super) fn create(folder: &Path, run: &str, process: &str) -> Result<(LocalLog, LogFile)> {
        let path = free_path(folder, &format!("{run}-{process}"));
        let stream = OutputTarget::open("--hlog-folder", &path)?.into_stream()?;
        let has_failed = Arc::<AtomicBool>::default();
        let log = LocalLog {
            stream,
            has_failed: has_failed.clone(),
        };
        Ok((log, LogFile { path, has_failed }))
    }

    pub(super) fn append(&mut self, text: &str) {
        self.stream.write(|out| out.write_all(text.as_bytes()));
        if self.stream.has_failed() && !self.has_failed.swap(true, Ordering::Relaxed) {
            output::note("flagpole: the local log is incomplete; the master still gets the log");
        }
    }

    /// The first error.
    pub(super) fn finish(self) -> Result<()> {
        let finished = self.stream.finish();
        if finished.is_err() {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        finished
    }
}

/// The first path of this name, or of it with a number, that is not there: no earlier run is overwritten.
fn free_path(folder: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| folder.join(format!("{name}-{number}.hlog")));
    let mut paths = std::iter::once(folder.join(format!("{name}.hlog"))).chain(numbered);
    let free = paths.find(|path| !path.exists());
    free.expect("the numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn log_that_cannot_be_written_is_not_complete() {
        let path = PathBuf::from("/dev/full");
        let target = OutputTarget::open("--hlog-folder", &path).unwrap();
        let has_failed = Arc::<AtomicBool>::default();
        let file = LogFile {
            path,
            has_failed: has_failed.clone(),
        };
        let mut log = LocalLog {
            stream: target.into_stream().unwrap(),
            has_failed,
        };
        assert_eq!(file.complete(), Some(Path::new("/dev/full")));
        log.append("text");
        assert!(log.finish().is_err());
        assert_eq!(file.complete(), None);
    }
}
