//! The example clients (`examples/clients`) that programs of an experiment can use as `{clients}/NAME`.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;

/// The names and the contents of the files.
const FILES: &[(&str, &str)] = &[];

/// Writes the files into this folder, which must not exist.
pub(crate) fn write(folder: &Path) -> Result<()> {
    fs::create_dir(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, text) in FILES {
        let file = folder.join(name);
        let written = fs::write(&file, text);
        written.with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
