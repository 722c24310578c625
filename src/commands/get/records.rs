//! `--records`: one JSON line per attempt, in the order in which attempts end. Lines are written in blocks, the last
//! block when the run ends.
//!
//! If no further record can be written, because the disk is full, the run is stopped, and the file ends with the last block
//! that was written completely.
//!
//! The file is opened before the run is prepared, but truncated only when the run can start, so that a command that
//! cannot start changes nothing.

use super::result::GetResult;
use crate::output;
use anyhow::{Result, anyhow, bail};
use flagpole_client::StorageFailure;
use flagpole_protocol::AttemptRecord;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

/// The length from which lines are written as a block, in bytes.
const BLOCK: usize = 8 << 10;

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

    /// Truncates the file and starts the writer, which calls `stop` when no further record can be written.
    pub(super) fn truncate(mut self, stop: impl FnOnce() + Send + 'static) -> Result<RecordWriter> {
        self.start_writer(stop)
            .map_err(|error| cannot_write(&self.path, &error))
    }

    fn start_writer(&mut self, stop: impl FnOnce() + Send + 'static) -> io::Result<RecordWriter> {
        let file = self.file.try_clone()?;
        // A device or a pipe cannot be truncated.
        let is_regular = file.metadata()?.is_file();
        if is_regular {
            file.set_len(0)?;
        }
        let (queue, records) = mpsc::channel();
        let thread = thread::Builder::new().name("records".to_owned());
        let thread = thread.spawn(move || {
            let mut length = 0;
            let written = write_all(&records, &file, &mut length);
            if written.is_err() && is_regular {
                // Removes the start of a line. An error here would be less important than the first one.
                let _ = file.set_len(length);
            }
            written.inspect_err(|error| {
                if StorageFailure::from_write_error(error).is_some() {
                    stop();
                }
            })
        })?;
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
    pub(super) fn finish(self, result: &GetResult<'_>) -> Result<()> {
        drop(self.queue);
        let panicked = |_| Err(io::Error::other("the writer thread panicked"));
        let written = self.thread.join().unwrap_or_else(panicked);
        written.map_err(|error| {
            let path = self.path.display();
            let reason = match StorageFailure::from_write_error(&error) {
                Some(failure) => failure.to_string(),
                None => error.to_string(),
            };
            let stopped = match result.unstarted() {
                0 => String::new(),
                _ => format!("; {}", result.stopped()),
            };
            anyhow!("--records: `{path}` is incomplete: {reason}{stopped}")
        })
    }
}

/// Writes blocks of lines; `length` is that of the complete blocks, in bytes.
fn write_all(
    records: &Receiver<AttemptRecord>,
    mut file: &File,
    length: &mut u64,
) -> io::Result<()> {
    let mut lines = Vec::new();
    let mut write = |lines: &mut Vec<u8>| {
        file.write_all(lines)?;
        *length += lines.len() as u64;
        lines.clear();
        io::Result::Ok(())
    };
    for record in records {
        serde_json::to_writer(&mut lines, &record)?;
        lines.push(b'\n');
        if lines.len() >= BLOCK {
            write(&mut lines)?;
        }
    }
    write(&mut lines)
}
