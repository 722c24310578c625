//! The journal: a line of JSON for every request, written while the server serves.
//!
//! Workers hand entries to a thread that writes them, so that the disk never delays an answer, as
//! long as it is not slower than the requests: the queue between them is bounded, and a journal with
//! gaps would be none.

use crate::ledger::Entry;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{self, JoinHandle};

/// How many entries may wait to be written: about 16 MB of them.
const QUEUE: usize = 1 << 16;

/// A handle to a journal, for one listener. It can be cloned; servers that share one write to the
/// same place.
#[derive(Clone, Debug)]
pub struct Journal {
    listener: Option<Arc<str>>,
    lines: SyncSender<Line>,
}

/// The thread that writes a journal.
#[derive(Debug)]
pub struct Writing(JoinHandle<io::Result<()>>);

/// A line of the journal.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    listener: Option<Arc<str>>,
    #[serde(flatten)]
    entry: Entry,
}

impl Journal {
    /// A journal that is written to `sink`, by a thread of its own, until all its handles are gone.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn to(sink: impl Write + Send + 'static) -> io::Result<(Journal, Writing)> {
        let (lines, queue) = mpsc::sync_channel(QUEUE);
        let work = move || write(&queue, BufWriter::new(sink));
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(work)?;
        let journal = Journal {
            listener: None,
            lines,
        };
        Ok((journal, Writing(thread)))
    }

    /// The same journal, with the listener's name in every line.
    #[must_use]
    pub fn named(&self, listener: &str) -> Journal {
        Journal {
            listener: Some(listener.into()),
            lines: self.lines.clone(),
        }
    }

    pub(crate) fn tell(&self, entry: Entry) {
        let line = Line {
            listener: self.listener.clone(),
            entry,
        };
        // Nobody writes any more: the thread's error, which `Writing::finish` gives, says why.
        let _ = self.lines.send(line);
    }
}

impl Writing {
    /// Waits until all handles of the journal are gone and all is written.
    ///
    /// # Errors
    /// Why something could not be written; nothing was, from there on.
    pub fn finish(self) -> io::Result<()> {
        let panicked = |_| {
            Err(io::Error::other(
                "the thread that writes the journal panicked",
            ))
        };
        self.0.join().unwrap_or_else(panicked)
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
