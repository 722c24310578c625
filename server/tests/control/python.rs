//! Programs in Python that judge answers of the control plane by a library.

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Gives `input` to a program that needs `library`; returns its output, or `None` if this Python does not have the library
/// (with `FLAGPOLE_RECIPES=all`, as in CI, it must).
pub(crate) fn run(library: &str, program: &str, input: &str) -> Option<String> {
    let python = |program: &str| {
        let mut command = Command::new("python3");
        command.args(["-c", program]).stdin(Stdio::piped());
        command
    };
    let import = python(&format!("import {library}"))
        .stderr(Stdio::null())
        .status();
    if !import.is_ok_and(|status| status.success()) {
        let must_be_there = env::var_os("FLAGPOLE_RECIPES").is_some_and(|value| value == "all");
        assert!(!must_be_there, "python3 has no `{library}`");
        return None;
    }
    let mut running = python(program).stdout(Stdio::piped()).spawn().unwrap();
    running
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    Some(String::from_utf8(output.stdout).unwrap())
}
