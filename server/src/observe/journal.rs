//! The journal file: JSON lines, written while the server runs.
//!
//! A thread writes the lines, so that responses need not wait for the disk or for a reader. Its queue is bounded: lines
//! for which there is no room are dropped, counted, and marked in the file.

use crate::observe::rate_bound::RateBound;
use flagpole_protocol::JournalEntry;
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Maximum number of queued lines unless chosen otherwise: about 32 MB.
const QUEUE: usize = 1 << 16;

/// A buffer of more bytes is written even if more lines are queued.
const BUFFER_SIZE: usize = 8 << 10;

/// A handle to a journal. Clones write to the same file; several servers can share it.
#[derive(Clone, Debug)]
pub struct Journal {
    lines: SyncSender<Line>,
    drops: Arc<Drops>,
}

/// The thread that writes a journal.
#[derive(Debug)]
pub struct JournalWriter {
    result: Receiver<io::Result<()>>,
    drops: Arc<Drops>,
}

/// A queued line.
struct Line {
    /// Number of lines dropped between the previous queued line and this one.
    dropped_before: u64,
    entry: Box<JournalEntry>,
}

/// The lines for which the queue had no room.
#[derive(Default)]
struct Drops {
    total: AtomicU64,
    /// Number of dropped lines after the last queued one.
    unmarked: AtomicU64,
    reporter: OnceLock<Box<dyn Fn(u64) + Send + Sync>>,
    bound: Mutex<RateBound>,
}

impl Journal {
    /// Starts a thread that writes a journal to `sink` until all handles are dropped. Each call of `write` gets whole
    /// lines, and `flush` is called at the start.
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
        let drops = Arc::<Drops>::default();
        let drops_of_writer = drops.clone();
        let work = move || {
            let written = write_lines(&queue, &drops_of_writer, sink);
            if let Err(error) = &written {
                eprintln!("flagpole: journal stopped: {error}");
            }
            // The writer may have been dropped.
            let _ = result_sender.send(written);
        };
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(work)?;
        let journal = Journal {
            lines,
            drops: drops.clone(),
        };
        Ok((journal, JournalWriter { result, drops }))
    }

    /// Calls a function when lines are dropped, at once and then at most every ten seconds, with the number of lines since
    /// the previous call. It must not block: it runs on the thread of a worker. Only the first function given is called.
    pub fn on_lines_dropped(&self, report: impl Fn(u64) + Send + Sync + 'static) {
        let _ = self.drops.reporter.set(Box::new(report));
    }

    /// Queues a line, or drops it if the queue is full.
    pub(crate) fn write(&self, entry: JournalEntry) {
        let line = Line {
            dropped_before: self.drops.take_unmarked(),
            entry: Box::new(entry),
        };
        // A thread that has ended has printed its error.
        if let Err(TrySendError::Full(line)) = self.lines.try_send(line) {
            self.drops.count(line.dropped_before);
        }
    }
}

impl Drops {
    fn take_unmarked(&self) -> u64 {
        if self.unmarked.load(Relaxed) == 0 {
            return 0;
        }
        self.unmarked.swap(0, Relaxed)
    }

    /// Counts a dropped line; `unmarked`: lines dropped before it that it should have marked.
    fn count(&self, unmarked: u64) {
        self.unmarked.fetch_add(unmarked + 1, Relaxed);
        self.total.fetch_add(1, Relaxed);
        let Some(reporter) = self.reporter.get() else {
            return;
        };
        let mut bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
        let due = bound.count(Instant::now());
        drop(bound);
        if let Some(lines) = due {
            reporter(lines);
        }
    }
}

impl fmt::Debug for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Drops");
        debug.field("total", &self.total).finish_non_exhaustive()
    }
}

impl JournalWriter {
    /// Waits until all handles are dropped and all queued lines written, for at most `grace`. Returns the number of lines
    /// that were dropped.
    ///
    /// # Errors
    /// If the file cannot be written, or does not accept all lines in time.
    pub fn finish(self, grace: Duration) -> io::Result<u64> {
        let written = self.result.recv_timeout(grace);
        written.unwrap_or_else(|error| {
            Err(io::Error::other(match error {
                RecvTimeoutError::Timeout => "the file accepts no more data",
                RecvTimeoutError::Disconnected => "the journal thread panicked",
            }))
        })?;
        Ok(self.drops.total.load(Relaxed))
    }
}

fn write_lines(queue: &Receiver<Line>, drops: &Drops, mut sink: impl Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let line = match queue.try_recv() {
            Ok(line) => Some(line),
            Err(TryRecvError::Empty) => {
                // A reader of the file sees all lines while none is queued.
                write_buffer(&mut buffer, &mut sink)?;
                queue.recv().ok()
            }
            Err(TryRecvError::Disconnected) => None,
        };
        let Some(line) = line else { break };
        push_gap(&mut buffer, line.dropped_before)?;
        push_line(&mut buffer, &line.entry)?;
        if buffer.len() > BUFFER_SIZE {
            write_buffer(&mut buffer, &mut sink)?;
        }
    }
    push_gap(&mut buffer, drops.take_unmarked())?;
    write_buffer(&mut buffer, &mut sink)
}

fn write_buffer(buffer: &mut Vec<u8>, sink: &mut impl Write) -> io::Result<()> {
    sink.write_all(buffer)?;
    buffer.clear();
    sink.flush()
}

/// Marks a place where lines are missing.
fn push_gap(buffer: &mut Vec<u8>, lines: u64) -> io::Result<()> {
    if lines == 0 {
        return Ok(());
    }
    push_line(buffer, &JournalEntry::Dropped { lines })
}

fn push_line(buffer: &mut Vec<u8>, entry: &JournalEntry) -> io::Result<()> {
    serde_json::to_writer(&mut *buffer, entry)?;
    buffer.push(b'\n');
    Ok(())
}
