//! `--records`: a line of JSON for each attempt, as it ends.

use anyhow::{Result, anyhow};
use flagpole_client::Record;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

/// The file, and the thread that writes it: whoever makes attempts is not to wait for a disk. The queue
/// is as long as the plan at most.
pub(super) struct Records {
    path: PathBuf,
    queue: Sender<Record>,
    thread: JoinHandle<io::Result<()>>,
}

impl Records {
    pub(super) fn create(path: &Path) -> Result<Records> {
        let refused = |error: io::Error| anyhow!("--records: {}: {error}", path.display());
        let file = File::create(path).map_err(refused)?;
        let (queue, records) = mpsc::channel();
        let thread = thread::Builder::new().name("records".to_owned());
        let thread = thread
            .spawn(move || write(&records, file))
            .map_err(refused)?;
        Ok(Records {
            path: path.to_owned(),
            queue,
            thread,
        })
    }

    pub(super) fn tell(&self, record: &Record) {
        // The thread has ended with an error, which `finish` gives.
        let _ = self.queue.send(record.clone());
    }

    /// Waits until all is written.
    pub(super) fn finish(self) -> Result<()> {
        drop(self.queue);
        let panicked = |_| Err(io::Error::other("the thread that writes it panicked"));
        let written = self.thread.join().unwrap_or_else(panicked);
        written.map_err(|error| {
            anyhow!(
                "--records: {}: not all could be written: {error}",
                self.path.display()
            )
        })
    }
}

fn write(records: &Receiver<Record>, file: File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for record in records {
        serde_json::to_writer(&mut out, &record)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
