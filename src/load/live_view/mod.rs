//! The live view: what happens in a run, on a terminal, with keys for pause and quit. It runs in a separate thread of low
//! priority, which draws a snapshot at most four times a second; no figure depends on it.

mod histogram;
mod render;
pub(crate) mod snapshot;
pub(crate) mod terminal;

use self::snapshot::{LiveSnapshot, Phase};
use self::terminal::TakenTerminal;
use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The least time between two frames.
pub(crate) const FRAME: Duration = Duration::from_millis(250);

/// The time between two looks at the keys.
const POLL: Duration = Duration::from_millis(50);

/// The priority of the thread: the lowest, so that it takes no time that the run needs.
#[cfg(unix)]
const NICE: i32 = 19;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyCommand {
    /// Pause, or resume.
    TogglePause,
    /// End the run and report; a second time, at once.
    Quit,
}

/// A view that is shown; ends on drop.
pub(crate) struct LiveView {
    shared: Arc<SharedView>,
    thread: Option<JoinHandle<()>>,
}

struct SharedView {
    /// The newest snapshot, and when it was taken.
    newest: Mutex<(LiveSnapshot, Instant)>,
    is_over: AtomicBool,
}

impl LiveView {
    /// Takes the terminal and shows a snapshot; calls `on_command` for each key with a meaning.
    pub(crate) fn start(
        snapshot: LiveSnapshot,
        on_command: impl Fn(KeyCommand) + Send + 'static,
    ) -> Result<LiveView> {
        let terminal = TakenTerminal::take().context("cannot draw on the terminal")?;
        let shared = Arc::new(SharedView {
            newest: Mutex::new((snapshot, Instant::now())),
            is_over: AtomicBool::new(false),
        });
        let work = shared.clone();
        let thread = thread::Builder::new().name("live view".to_owned());
        let thread = thread.spawn(move || {
            lower_priority();
            work.show(terminal, on_command);
        });
        Ok(LiveView {
            shared,
            thread: Some(thread.context("cannot start a thread")?),
        })
    }

    /// Shows this snapshot from the next frame on.
    pub(crate) fn update(&self, snapshot: LiveSnapshot) {
        *self.shared.lock() = (snapshot, Instant::now());
    }
}

impl Drop for LiveView {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the view has been printed, and says nothing about the run.
            let _ = thread.join();
        }
    }
}

#[cfg(unix)]
fn lower_priority() {
    // On Linux, no process id means the calling thread. A priority that cannot be lowered is the one that was there.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(unix))]
fn lower_priority() {}

impl SharedView {
    fn lock(&self) -> MutexGuard<'_, (LiveSnapshot, Instant)> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws until the view is over. A terminal that cannot be written to gets nothing more.
    fn show(&self, mut terminal: TakenTerminal, on_command: impl Fn(KeyCommand)) {
        let is_coloured = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let mut next_frame = Instant::now();
        while !self.is_over.load(Ordering::Relaxed) {
            if Instant::now() >= next_frame {
                next_frame = Instant::now() + FRAME;
                let snapshot = self.current();
                let drawn = terminal.0.draw(|frame| {
                    let area = frame.area();
                    render::render(&snapshot, is_coloured, area, frame.buffer_mut());
                });
                if drawn.is_err() {
                    return;
                }
            }
            match next_key() {
                Ok(command) => command.into_iter().for_each(&on_command),
                // Standard input is closed; the view goes on without keys.
                Err(_) => thread::sleep(POLL),
            }
        }
    }

    /// The newest snapshot, with the time that has passed since.
    fn current(&self) -> LiveSnapshot {
        let (mut snapshot, taken) = self.lock().clone();
        if snapshot.phase != Phase::Paused {
            snapshot.elapsed += taken.elapsed();
        }
        snapshot
    }
}

/// The command of the next key, if there is one within the time of a look.
fn next_key() -> io::Result<Option<KeyCommand>> {
    if !event::poll(POLL)? {
        return Ok(None);
    }
    match event::read()? {
        Event::Key(key) if key.kind == KeyEventKind::Press => Ok(command(key)),
        _ => Ok(None),
    }
}

fn command(key: KeyEvent) -> Option<KeyCommand> {
    let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if has_control => Some(KeyCommand::Quit),
        KeyCode::Char('q' | 'Q') => Some(KeyCommand::Quit),
        // With Control, a space is the byte 0, which `script` writes at the end of its input.
        KeyCode::Char('p' | 'P' | ' ') if !has_control => Some(KeyCommand::TogglePause),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_pause_and_quit() {
        let key = |code, modifiers| command(KeyEvent::new(code, modifiers));
        let plain = KeyModifiers::NONE;
        assert_eq!(
            key(KeyCode::Char('p'), plain),
            Some(KeyCommand::TogglePause)
        );
        assert_eq!(key(KeyCode::Char('q'), plain), Some(KeyCommand::Quit));
        assert_eq!(
            key(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Some(KeyCommand::Quit)
        );
        assert_eq!(key(KeyCode::Char('c'), plain), None);
        assert_eq!(key(KeyCode::Char(' '), KeyModifiers::CONTROL), None);
    }
}
