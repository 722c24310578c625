//! A journal in a FIFO, which can be opened only when another process reads it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// Interval between attempts to open the FIFO.
const OPEN_RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Writes to a FIFO. The first call waits until there is a reader, but no longer than until the end of the journal.
pub(super) struct FifoSink {
    path: PathBuf,
    file: Option<File>,
    state: Arc<FifoState>,
}

/// The state of a FIFO, beside the thread that writes to it.
#[derive(Default)]
pub(super) struct FifoState {
    /// Whether the journal ends, so that no reader is waited for.
    is_ending: AtomicBool,
    /// Whether lines were discarded, because there was no reader.
    has_discarded: AtomicBool,
}

impl FifoSink {
    pub(super) fn new(path: &Path) -> (FifoSink, Arc<FifoState>) {
        let state = Arc::<FifoState>::default();
        let sink = FifoSink {
            path: path.to_owned(),
            file: None,
            state: state.clone(),
        };
        (sink, state)
    }

    /// The open FIFO; `None` if the journal ends without a reader.
    fn file(&mut self) -> io::Result<Option<&mut File>> {
        while self.file.is_none() {
            match open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
                    if self.state.is_ending.load(Relaxed) {
                        return Ok(None);
                    }
                    thread::sleep(OPEN_RETRY_INTERVAL);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(self.file.as_mut())
    }
}

/// Opens a FIFO; `ENXIO` without a reader.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true);
    // It says whether there is a reader. Then another descriptor is opened, whose writes wait for the reader.
    let probe = options.clone().custom_flags(libc::O_NONBLOCK).open(path)?;
    let file = options.open(path);
    drop(probe);
    file
}

impl FifoState {
    /// Ends the wait for a reader.
    pub(super) fn end(&self) {
        self.is_ending.store(true, Relaxed);
    }

    /// Whether lines were discarded, because there was no reader.
    pub(super) fn has_discarded(&self) -> bool {
        self.has_discarded.load(Relaxed)
    }
}

impl Write for FifoSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(file) = self.file()? {
            return file.write(bytes);
        }
        self.state.has_discarded.store(true, Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Opens it at the start, because a reader may wait for that.
        self.file().map(|_| ())
    }
}
