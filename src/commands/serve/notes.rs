//! Lines on standard error while the server runs.

use crate::output;
use anyhow::Result;
use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

/// The number of lines that wait to be written; further ones are dropped.
const CAPACITY: usize = 64;

/// How long the end of the server waits until the lines are written.
const GRACE: Duration = Duration::from_secs(1);

/// Writes lines on a separate thread, because nothing may read standard error, and neither a response nor the end of the
/// server must wait for that.
pub(super) struct Notes {
    sender: NoteSender,
    /// Disconnected when the thread has ended.
    done: Receiver<Infallible>,
}

/// Sends lines to the thread.
#[derive(Clone)]
pub(super) struct NoteSender(SyncSender<String>);

impl Notes {
    /// Starts the thread, which ends when all senders are dropped.
    pub(super) fn start() -> Result<Notes> {
        let (sender, lines) = mpsc::sync_channel::<String>(CAPACITY);
        let (done_sender, done) = mpsc::channel();
        let write = move || {
            let _done_sender = done_sender;
            for line in lines {
                output::note(&line);
            }
        };
        let thread = thread::Builder::new().name("notes".to_owned());
        thread.spawn(write)?;
        let sender = NoteSender(sender);
        Ok(Notes { sender, done })
    }

    pub(super) fn sender(&self) -> NoteSender {
        self.sender.clone()
    }

    /// Waits a moment until the lines are written; all other senders must be dropped.
    pub(super) fn finish(self) {
        drop(self.sender);
        // Nothing is ever sent: the wait ends with the thread.
        let _ = self.done.recv_timeout(GRACE);
    }
}

impl NoteSender {
    /// Writes a line soon. If too many wait, it is dropped.
    pub(super) fn send(&self, line: impl Into<String>) {
        let _ = self.0.try_send(line.into());
    }
}
