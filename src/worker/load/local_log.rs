//! The log of a run, as text for the master and in a file of this machine.

use crate::experiment::output_target::{OutputStream, OutputTarget};
use crate::output;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The file of one run. An error while writing is noted once; the run goes on.
pub(super) struct LocalLog {
    stream: OutputStream,
    has_noted: bool,
}

impl LocalLog {
    /// Creates `<run>-<process>.hlog` in a folder. Gives the path of the file.
    pub(super) fn create(folder: &Path, run: &str, process: &str) -> Result<(LocalLog, PathBuf)> {
        let path = free_path(folder, &format!("{run}-{process}"));
        let stream = OutputTarget::open("--hlog-folder", &path)?.into_stream()?;
        let log = LocalLog {
            stream,
            has_noted: false,
        };
        Ok((log, path))
    }

    pub(super) fn append(&mut self, text: &str) {
        self.stream.write(|out| out.write_all(text.as_bytes()));
        if self.stream.has_failed() && !self.has_noted {
            self.has_noted = true;
            output::note("flagpole: the local log is incomplete; the master still gets the log");
        }
    }

    /// The first error.
    pub(super) fn finish(self) -> Result<()> {
        self.stream.finish()
    }
}

/// The first path of this name, or of it with a number, that is not there: no earlier run is overwritten.
fn free_path(folder: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| folder.join(format!("{name}-{number}.hlog")));
    let mut paths = std::iter::once(folder.join(format!("{name}.hlog"))).chain(numbered);
    let free = paths.find(|path| !path.exists());
    free.expect("the numbers do not end")
}
