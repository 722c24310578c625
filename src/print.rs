//! The result, on standard output.

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
