//! Reads files that users name: profiles and experiments.

use anyhow::{Result, anyhow, bail};
use std::fs::File;
use std::io::Read as _;

/// The maximum size of a file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The text of a file. Fails if the file is too large or not UTF-8.
pub(crate) fn read(file: File) -> Result<String> {
    let mut bytes = Vec::new();
    // A pipe or a device does not report its length.
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        bail!("expected a file of at most {MAX_SIZE} bytes");
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("expected a text file in UTF-8"))
}
