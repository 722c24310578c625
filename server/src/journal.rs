//! The journal: a JSON line for each request, written while the server runs.
//!
//! A thread writes the lines, so that responses need not wait for the disk. The queue of the thread is
//! bounded. If the queue is full for a second, the journal stops, because a journal has no gaps, and
//! [`JournalWriter::finish`] reports the missing lines.

use flagpole_protocol::JournalEntry;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::thread;
use std::time::Duration;

/// Maximum number of queued lines unless chosen otherwise: about 16 MB.
const QUEUE: usize = 1 << 16;

/// How long a worker waits for a full queue before it stops the journal: a blocked disk must not block
/// the server.
const FULL_QUEUE_TIMEOUT: Duration = Duration::from_secs(1);

/// Interval between attempts to enqueue a line in a full queue.
const ENQUEUE_RETRY_INTERVAL: Duration = Duration::from_millis(1);

/// A handle to a journal. Clones write to the same file; several servers can share it.
#[derive(Clone, Debug)]
pub struct Journal {
    listener: Option<Arc<str>>,
    lines: SyncSender<JournalLine>,
    /// Number of lines not written because the queue was full; after the first, no line is written.
    lost: Arc<AtomicU64>,
}

/// The thread that writes a journal.
#[derive(Debug)]
pub struct JournalWriter {
    result: Receiver<io::Result<()>>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug, Serialize)]
struct JournalLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    listener: Option<Arc<str>>,
    #[serde(flatten)]
    entry: JournalEntry,
}

impl Journal {
    /// Starts a thread that writes a journal to `sink` until all handles are dropped.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn new(sink: impl Write + Send + 'static) -> io::Result<(Journal, JournalWriter)> {
        Journal::with_queue(sink, QUEUE)
    }

    /// As [`Journal::new`], with at most `lines` lines in the queue.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn with_queue(
        sink: impl Write + Send + 'static,
        lines: usize,
    ) -> io::Result<(Journal, JournalWriter)> {
        let (lines, queue) = mpsc::sync_channel(lines);
        let (result_sender, result) = mpsc::channel();
        let work = move || {
            let written = write_lines(&queue, BufWriter::new(sink));
            if let Err(error) = &written {
                eprintln!("flagpole: journal stopped: {error}");
            }
            // The writer may have been dropped.
            let _ = result_sender.send(written);
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
        Ok((journal, JournalWriter { result, lost }))
    }

    /// A handle to the same journal that adds the listener's name to each line.
    #[must_use]
    pub fn for_listener(&self, name: &str) -> Journal {
        Journal {
            listener: Some(name.into()),
            ..self.clone()
        }
    }

    pub(crate) fn write(&self, entry: JournalEntry) {
        let mut line = JournalLine {
            listener: self.listener.clone(),
            entry,
        };
        let mut remaining = FULL_QUEUE_TIMEOUT;
        while self.lost.load(Relaxed) == 0 {
            match self.lines.try_send(line) {
                // The thread that ended has printed its error.
                Ok(()) | Err(TrySendError::Disconnected(_)) => return,
                Err(TrySendError::Full(_)) if remaining.is_zero() => break,
                Err(TrySendError::Full(unsent)) => line = unsent,
            }
            remaining = remaining.saturating_sub(ENQUEUE_RETRY_INTERVAL);
            thread::sleep(ENQUEUE_RETRY_INTERVAL);
        }
        self.lost.fetch_add(1, Relaxed);
    }
}

impl JournalWriter {
    /// Waits until all handles are dropped and all lines written, for at most `grace`.
    ///
    /// # Errors
    /// If lines are missing: the file cannot be written or is too slow.
    pub fn finish(self, grace: Duration) -> io::Result<()> {
        let written = self.result.recv_timeout(grace);
        written.unwrap_or_else(|error| {
            Err(io::Error::other(match error {
                RecvTimeoutError::Timeout => "the file accepts no more data",
                RecvTimeoutError::Disconnected => "the journal thread panicked",
            }))
        })?;
        match self.lost.load(Relaxed) {
            0 => Ok(()),
            lost => Err(io::Error::other(format!(
                "the file was too slow; the last {lost} lines are missing"
            ))),
        }
    }
}

fn write_lines(queue: &Receiver<JournalLine>, mut out: impl Write) -> io::Result<()> {
    loop {
        let line = match queue.try_recv() {
            Ok(line) => Some(line),
            Err(TryRecvError::Empty) => {
                // A reader of the file sees all lines while none is queued.
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
