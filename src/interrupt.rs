//! Ctrl-C and SIGTERM: the first signal finishes the work in progress, the second signal exits at once.

use anyhow::{Context as _, Result};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a process interrupted by Ctrl-C: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Calls `finish` at the first signal; exits at the second.
pub(crate) fn on_first_signal(finish: impl Fn() + Send + 'static) -> Result<()> {
    on_signals(finish, || {})
}

/// Calls `finish` at the first signal; calls `clean_up` and exits at the second.
pub(crate) fn on_signals(
    finish: impl Fn() + Send + 'static,
    clean_up: impl Fn() + Send + 'static,
) -> Result<()> {
    let is_second = AtomicBool::new(false);
    let handler = move || {
        if is_second.swap(true, Ordering::Relaxed) {
            clean_up();
            process::exit(INTERRUPTED);
        }
        finish();
    };
    ctrlc::set_handler(handler).context("cannot listen for Ctrl-C")
}
