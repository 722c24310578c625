//! `--records`: a line of JSON for each attempt, as it ends.
//!
//! The file is opened before anything else is done, and an older one is not cut off before all is
//! ready: a command that can not start leaves things as they were.

use anyhow::{Result, anyhow, bail};
use flagpole_protocol::AttemptRecord;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

/// The file, in which nothing has been changed yet; one that was not there is removed when this is
/// dropped.
pub(crate) struct RecordsFile {
    path: PathBuf,
    file: File,
    is_new: bool,
}

/// The file, and the thread that writes it: whoever makes attempts is not to wait for a disk. The queue
/// is as long as the plan at most.
pub(crate) struct Records {
    path: PathBuf,
    queue: Sender<AttemptRecord>,
    thread: JoinHandle<io::Result<()>>,
}

impl RecordsFile {
    pub(crate) fn open(path: &Path) -> Result<RecordsFile> {
        if path == "-" {
            bail!(
                "--records: expected a file, as standard output has the result, got `-`; \
                 `./-` is a file of that name"
            );
        }
        let new = File::options().write(true).create_new(true).open(path);
        let is_new = new.is_ok();
        let file = match new {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                File::options().write(true).open(path)
            }
            opened => opened,
        };
        Ok(RecordsFile {
            file: file.map_err(|error| refused(path, &error))?,
            path: path.to_owned(),
            is_new,
        })
    }

    /// Takes the place of what an older file held, and is ready for records.
    pub(crate) fn begin(mut self) -> Result<Records> {
        self.start().map_err(|error| refused(&self.path, &error))
    }

    fn start(&mut self) -> io::Result<Records> {
        let file = self.file.try_clone()?;
        // A device or a pipe has no length.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        let (queue, records) = mpsc::channel();
        let thread = thread::Builder::new().name("records".to_owned());
        let thread = thread.spawn(move || write(&records, file))?;
        self.is_new = false;
        Ok(Records {
            path: self.path.clone(),
            queue,
            thread,
        })
    }
}

impl Drop for RecordsFile {
    fn drop(&mut self) {
        if self.is_new {
            // The command has failed already, for a reason that is better worth telling.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn refused(path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("--records: cannot write `{}`: {error}", path.display())
}

impl Records {
    pub(crate) fn tell(&self, record: &AttemptRecord) {
        // The thread has ended with an error, which `finish` gives.
        let _ = self.queue.send(record.clone());
    }

    /// Waits until all is written.
    pub(crate) fn finish(self) -> Result<()> {
        drop(self.queue);
        let panicked = |_| Err(io::Error::other("the thread that writes it panicked"));
        let written = self.thread.join().unwrap_or_else(panicked);
        written.map_err(|error| {
            anyhow!(
                "--records: `{}`: not all could be written: {error}",
                self.path.display()
            )
        })
    }
}

fn write(records: &Receiver<AttemptRecord>, file: File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for record in records {
        serde_json::to_writer(&mut out, &record)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
