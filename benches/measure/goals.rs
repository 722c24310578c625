//! The goals of measurements: each is printed with its result, and a missed one makes `cargo bench` fail.

use crate::common::is_test;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

static ANY_MISSED: AtomicBool = AtomicBool::new(false);

/// Prints a figure and its goal, and whether the goal is met; not for `--test`, which measures too briefly.
pub(crate) fn judge(figure: &str, goal: &str, is_met: bool) {
    if is_test() {
        return;
    }
    println!(
        "{figure} (goal: {goal}): {}",
        if is_met { "met" } else { "MISSED" }
    );
    if !is_met {
        ANY_MISSED.store(true, Ordering::Relaxed);
    }
}

/// A failure if any goal was missed.
pub(crate) fn exit_code() -> ExitCode {
    if ANY_MISSED.load(Ordering::Relaxed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
