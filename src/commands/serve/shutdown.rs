//! Events that end or reset the servers, and their shutdown.

use super::listeners::RunningListener;
use crate::interrupt;
use crate::process::child_process::{self, ParentMessage};
use anyhow::{Result, anyhow};
use flagpole_protocol::Ledger;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// A request by a signal or by the parent process.
pub(super) enum ServeEvent {
    /// Wait until the connections close, write a report, and reset the counters.
    DrainAndReset,
    Stop,
}

/// Events from signals, or from the parent process.
pub(super) fn events(is_child: bool) -> Result<Receiver<ServeEvent>> {
    let (sender, events) = mpsc::channel();
    // Sending fails if the server is stopping already.
    if !is_child {
        interrupt::on_first_signal(move || {
            let _ = sender.send(ServeEvent::Stop);
        })?;
        return Ok(events);
    }
    // Ctrl-C reaches the whole process group; the parent stops its server.
    interrupt::on_first_signal(|| {})?;
    thread::spawn(move || {
        child_process::listen(|message| {
            if let ParentMessage::DrainAndReset = message {
                let _ = sender.send(ServeEvent::DrainAndReset);
            }
        });
        let _ = sender.send(ServeEvent::Stop);
    });
    Ok(events)
}

/// Stops all servers at the same time; returns the name with the URL, and the ledger, of each.
pub(super) fn stop_all(
    running: Vec<RunningListener>,
    grace: Duration,
) -> Result<Vec<(String, Ledger)>> {
    let threads = running.into_iter().map(|running| {
        thread::spawn(move || {
            let title = format!("{} http://{}/", running.name, running.server.addr());
            let ledger = running.server.shutdown(grace);
            (title.trim_start().to_owned(), ledger)
        })
    });
    // Collects first, so that all threads run at the same time.
    let threads: Vec<_> = threads.collect();
    let stopped = threads.into_iter().map(|thread| {
        let stopped = thread.join();
        stopped.map_err(|_| anyhow!("a server panicked"))
    });
    stopped.collect()
}
