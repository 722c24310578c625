//! What ends the servers: signals, or the end of the parent process.

#[cfg(unix)]
use crate::commands::serve::parent::ParentProcess;
use crate::interrupt;
#[cfg(unix)]
use crate::output;
use anyhow::Result;
use std::sync::mpsc::{self, Receiver};

/// A request by a signal or by the end of the parent process.
pub(super) enum ServeEvent {
    /// Read the file of the profile again.
    Reload,
    Stop,
}

/// Events from signals and from the end of the parent process. A second signal calls `stop_now` with the exit code. With
/// `reloads`, SIGHUP is a request to reload.
pub(super) fn events(
    #[cfg(unix)] parent: Option<ParentProcess>,
    reloads: bool,
    is_quiet: bool,
    stop_now: impl Fn(u8) + Send + 'static,
) -> Result<Receiver<ServeEvent>> {
    let (sender, events) = mpsc::channel();
    // Sending fails if the server is stopping already.
    #[cfg(unix)]
    if let Some(parent) = parent {
        let sender = sender.clone();
        parent.watch(move || {
            if !is_quiet {
                output::note("The parent process has ended");
            }
            let _ = sender.send(ServeEvent::Stop);
        })?;
    }
    let reload = sender.clone();
    let stop = move || {
        let _ = sender.send(ServeEvent::Stop);
    };
    let hangup = move || reloads && reload.send(ServeEvent::Reload).is_ok();
    interrupt::on_signals_and_hangups(stop, stop_now, hangup)?;
    Ok(events)
}
