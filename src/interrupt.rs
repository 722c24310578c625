//! Ctrl-C, SIGTERM and SIGHUP: the first signal finishes the work in progress, the second stops it.
//!
//! A signal that is ignored when the program starts stays ignored, as `nohup` and shells that start a job in the
//! background expect.

use anyhow::{Context as _, Result};
use std::process;

/// The exit code of SIGHUP: 128 and its number.
const HANGUP: u8 = 129;

/// Calls `finish` at the first signal; exits at the second.
pub(crate) fn on_first_signal(finish: impl Fn() + Send + 'static) -> Result<()> {
    on_signals(finish, |code| process::exit(code.into()))
}

/// Calls `finish` at the first signal, and `stop` with the exit code at the second; exits at the third. The exit code is
/// 128 and the number of the signal, as in a shell.
pub(crate) fn on_signals(
    finish: impl Fn() + Send + 'static,
    stop: impl Fn(u8) + Send + 'static,
) -> Result<()> {
    on_signals_and_hangups(finish, stop, || false)
}

/// As [`on_signals`], but at a SIGHUP calls `hangup`: it counts as a signal only if that returns false. If the terminal is
/// gone on which the program was started, it counts without the call.
pub(crate) fn on_signals_and_hangups(
    finish: impl Fn() + Send + 'static,
    stop: impl Fn(u8) + Send + 'static,
    hangup: impl Fn() -> bool + Send + 'static,
) -> Result<()> {
    let had_terminal = platform::has_terminal();
    let mut count = 0_u32;
    let on_signal = move |code: u8| {
        let is_terminal_gone = || had_terminal && platform::is_without_terminal();
        if code == HANGUP && !is_terminal_gone() && hangup() {
            return;
        }
        count += 1;
        match count {
            1 => finish(),
            2 => stop(code),
            _ => process::exit(code.into()),
        }
    };
    platform::listen(on_signal).context("cannot listen for signals")
}

#[cfg(unix)]
mod platform {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use std::fs::File;
    use std::{io, mem, ptr, thread};

    /// Calls `on_signal` with the exit code for each signal that was not ignored before.
    pub(super) fn listen(mut on_signal: impl FnMut(u8) + Send + 'static) -> io::Result<()> {
        let heeded = [SIGINT, SIGTERM, SIGHUP]
            .into_iter()
            .filter(|&signal| !is_ignored(signal));
        let mut signals = Signals::new(heeded)?;
        let work = move || {
            for signal in signals.forever() {
                on_signal(exit_code(signal));
            }
        };
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(work)?;
        Ok(())
    }

    const TERMINAL: &str = "/dev/tty";

    /// Whether the program has a controlling terminal.
    pub(super) fn has_terminal() -> bool {
        File::open(TERMINAL).is_ok()
    }

    /// Whether the program has no controlling terminal, or one that has hung up.
    pub(super) fn is_without_terminal() -> bool {
        let error = File::open(TERMINAL).err();
        let code = error.and_then(|error| error.raw_os_error());
        // Other errors, such as too many open files, say nothing about the terminal.
        matches!(code, Some(libc::ENXIO | libc::EIO))
    }

    /// Signals have small numbers: the largest is 64 on Linux.
    fn exit_code(signal: i32) -> u8 {
        u8::try_from(128 + signal).unwrap_or(u8::MAX)
    }

    #[expect(
        unsafe_code,
        reason = "no library asks for a disposition without changing it"
    )]
    fn is_ignored(signal: i32) -> bool {
        // SAFETY: `sigaction` is plain data, for which zeros are valid; without a new action the call only writes it.
        unsafe {
            let mut current: libc::sigaction = mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut current) == 0
                && current.sa_sigaction == libc::SIG_IGN
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::io;

    /// Ctrl-C, as a shell on Unix reports it: 128 + SIGINT.
    const INTERRUPTED: u8 = 130;

    /// Calls `on_signal` with the exit code at each Ctrl-C.
    pub(super) fn listen(mut on_signal: impl FnMut(u8) + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(move || on_signal(INTERRUPTED)).map_err(io::Error::other)
    }

    /// A terminal that closes sends no signal here.
    pub(super) fn has_terminal() -> bool {
        false
    }

    pub(super) fn is_without_terminal() -> bool {
        false
    }
}
