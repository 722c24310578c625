//! The files that a comparison writes.

use super::experiment::Experiment;
use anyhow::{Context as _, Result};
use flagpole_client::report::Comparison;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// A file that the result is to be written to, opened before anything is measured; what is in it stays
/// until there is a result.
pub(crate) fn opened(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    options
        .open(path)
        .with_context(|| format!("--result: {}", path.display()))
}

/// Writes the result to it.
pub(crate) fn keep(comparison: &Comparison, mut file: File) -> Result<()> {
    let text = serde_json::to_string_pretty(comparison)? + "\n";
    if file.metadata().is_ok_and(|about| about.is_file()) {
        file.set_len(0)
            .context("--result: cannot write the result")?;
    }
    file.write_all(text.as_bytes())
        .context("--result: cannot write the result")
}

/// Writes the experiment, to be run again.
pub(crate) fn save(experiment: &Experiment, path: &Path) -> Result<()> {
    let text = toml::to_string(experiment).context("--save: cannot write the experiment")?;
    std::fs::write(path, text).with_context(|| format!("--save: {}", path.display()))
}
