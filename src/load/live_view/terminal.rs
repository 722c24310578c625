//! The terminal while the live view has it: the alternate screen and single keys. It is restored at the end of the run,
//! at a panic of any thread, and when a signal ends the process.

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::{cursor, execute, terminal};
use std::io::{self, IsTerminal as _, Stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, panic};

/// Whether the terminal is to be restored.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether standard error is a terminal that a view can be drawn on. A job in the background is stopped by the system if it
/// changes the terminal.
pub(crate) fn is_usable() -> bool {
    let is_dumb = env::var("TERM").is_ok_and(|name| name == "dumb");
    io::stderr().is_terminal() && !is_dumb && is_in_foreground()
}

#[cfg(unix)]
fn is_in_foreground() -> bool {
    let foreground = rustix::termios::tcgetpgrp(io::stderr());
    foreground.is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
fn is_in_foreground() -> bool {
    true
}

/// The terminal, taken; restored on drop.
pub(super) struct TakenTerminal(pub(super) Terminal<CrosstermBackend<Stderr>>);

impl TakenTerminal {
    pub(super) fn take() -> io::Result<TakenTerminal> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
        IS_TAKEN.store(true, Ordering::SeqCst);
        let taken = enter();
        if taken.is_err() {
            restore();
        }
        taken.map(TakenTerminal)
    }
}

fn enter() -> io::Result<Terminal<CrosstermBackend<Stderr>>> {
    terminal::enable_raw_mode()?;
    execute!(io::stderr(), terminal::EnterAlternateScreen, cursor::Hide)?;
    Terminal::new(CrosstermBackend::new(io::stderr()))
}

impl Drop for TakenTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if it is taken.
pub(crate) fn restore() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone needs nothing.
        let _ = execute!(io::stderr(), terminal::LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
}
