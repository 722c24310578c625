//! `--records`: one JSON line per attempt, in the order in which attempts end. Lines are written in blocks, the last
//! block when the run ends.
//!
//! The file is opened before the run is prepared, but truncated only when the run can start, so that a command that
//! cannot start changes nothing.

use crate::output;
use anyhow::{Result, anyhow, bail};
use flagpole_protocol::AttemptRecord;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

/// The file, still unchanged. A new file is removed on drop.
pub(super) struct RecordsFile {
    path: PathBuf,
    file: File,
    is_new: bool,
}

/// The thread that writes the file, so that attempts do not wait for the disk. The queue is unbounded: at worst it holds
/// the records of all attempts of the run.
pub(super) struct RecordWriter {
    path: PathBuf,
    queue: Sender<AttemptRecord>,
    thread: JoinHandle<io::Result<()>>,
}

impl RecordsFile {
    pub(super) fn open(path: &Path) -> Result<RecordsFile> {
        output::check_is_no_dash("--records", path)?;
        let is_new = path.symlink_metadata().is_err();
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| cannot_write(path, &error))?;
        let metadata = file
            .metadata()
            .map_err(|error| cannot_write(path, &error))?;
        if metadata.is_file() && output::standard_stream(&metadata).is_some() {
            let path = path.display();
            bail!("--records: expected a file apart from standard output and error, got `{path}`");
        }
        let path = path.to_owned();
        Ok(RecordsFile { path, file, is_new })
    }

    /// Truncates the file and starts the writer.
    pub(super) fn truncate(mut self) -> Result<RecordWriter> {
        self.start_writer()
            .map_err(|error| cannot_write(&self.path, &error))
    }

    fn start_writer(&mut self) -> io::Result<RecordWriter> {
        let file = self.file.try_clone()?;
        // A device or a pipe cannot be truncated.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        let (queue, records) = mpsc::channel();
        let thread = thread::Builder::new().name("records".to_owned());
        let thread = thread.spawn(move || write_all(&records, file))?;
        self.is_new = false;
        Ok(RecordWriter {
            path: self.path.clone(),
            queue,
            thread,
        })
    }
}

impl Drop for RecordsFile {
    fn drop(&mut self) {
        if self.is_new {
            // The command has failed already; that error is the one to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("--records: cannot write `{}`: {error}", path.display())
}

impl RecordWriter {
    pub(super) fn write(&self, record: &AttemptRecord) {
        // Sending fails if the thread has ended with an error, which `finish` returns.
        let _ = self.queue.send(record.clone());
    }

    /// Waits until everything is written.
    pub(super) fn finish(self) -> Result<()> {
        drop(self.queue);
        let panicked = |_| Err(io::Error::other("the writer thread panicked"));
        let written = self.thread.join().unwrap_or_else(panicked);
        written.map_err(|error| {
            let path = self.path.display();
            anyhow!("--records: `{path}` is incomplete: {error}")
        })
    }
}

fn write_all(records: &Receiver<AttemptRecord>, file: File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for record in records {
        serde_json::to_writer(&mut out, &record)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
