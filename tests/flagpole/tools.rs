//! Programs that a test needs and that may be missing.

use crate::harness::FLAGPOLE;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

/// Whether a command that shows that a tool is there succeeds. If it does not, a line on standard error says that `what` was
/// skipped.
pub(crate) fn is_there(what: &str, command: &[&str]) -> bool {
    let mut process = Command::new(command[0]);
    let process = process.args(&command[1..]).env("PATH", path());
    let is_there = process.output().is_ok_and(|output| output.status.success());
    if !is_there {
        // Not `eprintln!`, whose output `cargo test` hides.
        let line = format!("skipped {what}: {} does not succeed\n", command.join(" "));
        io::stderr().write_all(line.as_bytes()).unwrap();
    }
    is_there
}

/// The same of a tool that `.ci/recipes` installs: with `FLAGPOLE_RECIPES=all`, as in CI, it must be there.
pub(crate) fn is_installed(what: &str, command: &[&str]) -> bool {
    let is_installed = is_there(what, command);
    let is_optional = env::var_os("FLAGPOLE_RECIPES").is_none_or(|value| value != "all");
    assert!(
        is_installed || is_optional,
        "{what}: {} does not succeed",
        command.join(" ")
    );
    is_installed
}

/// The search path, with the folder of `flagpole` first.
pub(crate) fn path() -> OsString {
    let first = Path::new(FLAGPOLE).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths([first].into_iter().chain(env::split_paths(&path))).unwrap()
}
