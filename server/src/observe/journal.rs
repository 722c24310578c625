//! The journal: a line of JSON for every request, written while the server serves.
//!
//! Workers hand entries to a thread that writes them, so that the disk does not delay an answer as long
//! as it is not slower than the requests. The queue between them is bounded; when it has been full for a
//! second the journal ends there, and says so, rather than having gaps.

use flagpole_protocol::JournalEntry;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::thread;
use std::time::Duration;

/// How many entries may wait to be written: about 16 MB of them.
const QUEUE: usize = 1 << 16;

/// How long a worker waits for room in the queue before the journal is given up: a disk that stands
/// still must not stop the server for ever.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long it sleeps between two looks at the queue.
const LOOK_UP: Duration = Duration::from_millis(1);

/// A handle to a journal, for one listener. It can be cloned; servers that share one write to the
/// same place.
#[derive(Clone, Debug)]
pub struct Journal {
    listener: Option<Arc<str>>,
    lines: SyncSender<Line>,
    /// Lines that there was no room for; the first of them is the last that was tried.
    lost: Arc<AtomicU64>,
}

/// The thread that writes a journal.
#[derive(Debug)]
pub struct JournalWriter {
    ended: Receiver<io::Result<()>>,
    lost: Arc<AtomicU64>,
}

/// A line of the journal.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    listener: Option<Arc<str>>,
    #[serde(flatten)]
    entry: JournalEntry,
}

impl Journal {
    /// A journal that is written to `sink`, by a thread of its own, until all its handles are gone.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn new(sink: impl Write + Send + 'static) -> io::Result<(Journal, JournalWriter)> {
        let (lines, queue) = mpsc::sync_channel(QUEUE);
        let (told, ended) = mpsc::channel();
        let work = move || {
            let written = write(&queue, BufWriter::new(sink));
            if let Err(error) = &written {
                eprintln!("flagpole: the journal ends here: {error}");
            }
            // Nobody may be left to be told.
            let _ = told.send(written);
        };
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(work)?;
        let lost = Arc::<AtomicU64>::default();
        let journal = Journal {
            listener: None,
            lines,
            lost: lost.clone(),
        };
        Ok((journal, JournalWriter { ended, lost }))
    }

    /// The same journal, with the listener's name in every line.
    #[must_use]
    pub fn for_listener(&self, listener: &str) -> Journal {
        Journal {
            listener: Some(listener.into()),
            ..self.clone()
        }
    }

    pub(crate) fn tell(&self, entry: JournalEntry) {
        let mut line = Line {
            listener: self.listener.clone(),
            entry,
        };
        let mut patience = PATIENCE;
        while self.lost.load(Relaxed) == 0 {
            match self.lines.try_send(line) {
                // If nobody writes any more, the error has been printed.
                Ok(()) | Err(TrySendError::Disconnected(_)) => return,
                Err(TrySendError::Full(_)) if patience.is_zero() => break,
                Err(TrySendError::Full(unsent)) => line = unsent,
            }
            patience = patience.saturating_sub(LOOK_UP);
            thread::sleep(LOOK_UP);
        }
        // From the first gap on there is no journal: one with gaps would be none.
        self.lost.fetch_add(1, Relaxed);
    }
}

impl JournalWriter {
    /// Waits until all handles of the journal are gone and all is written, for at most `grace`.
    ///
    /// # Errors
    /// Why not all could be written.
    pub fn finish(self, grace: Duration) -> io::Result<()> {
        let written = self.ended.recv_timeout(grace);
        written.unwrap_or_else(|error| {
            Err(io::Error::other(match error {
                RecvTimeoutError::Timeout => "what it is written to takes nothing more",
                RecvTimeoutError::Disconnected => "the thread that writes it panicked",
            }))
        })?;
        match self.lost.load(Relaxed) {
            0 => Ok(()),
            lost => Err(io::Error::other(format!(
                "what it is written to was too slow; the last {lost} lines are missing"
            ))),
        }
    }
}

fn write(queue: &Receiver<Line>, mut out: impl Write) -> io::Result<()> {
    loop {
        // Nothing waits: let those who look on see what there is.
        let line = match queue.try_recv() {
            Ok(line) => Some(line),
            Err(TryRecvError::Empty) => {
                out.flush()?;
                queue.recv().ok()
            }
            Err(TryRecvError::Disconnected) => None,
        };
        let Some(line) = line else { return out.flush() };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
}
