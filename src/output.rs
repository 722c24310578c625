//! The result, on standard output, and all else that a person is told, on standard error.

use anyhow::{Context as _, Result};
use std::io::{self, Write as _};

/// Writes the result. That its reader has seen enough of it and gone is no failure.
pub(crate) fn result(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the result")
        }
        _ => Ok(()),
    }
}

/// Tells a person something, in a line. Where it can not be said there is nobody to tell that either, and
/// the work goes on: `eprintln!` would panic. Without a terminal, or with `NO_COLOR`, the stream leaves
/// colours out.
pub(crate) fn note(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
