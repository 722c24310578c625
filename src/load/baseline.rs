//! `--baseline`: an earlier result.

use super::result_file;
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::load::{LoadCondition, LoadResult};
use std::fs;
use std::path::Path;

/// Reads a result file.
pub(crate) fn read(path: &Path) -> Result<LoadResult> {
    let text = fs::read_to_string(path).map_err(anyhow::Error::from);
    let result = text.and_then(|text| result_file::parse(&text));
    result.with_context(|| format!("--baseline: {}", path.display()))
}

/// Refuses conditions of these options that are about a baseline if there is none.
pub(crate) fn check_conditions(
    options: &[(&str, &Vec<LoadCondition>)],
    has_baseline: bool,
) -> Result<()> {
    for (option, conditions) in options {
        let mut relative = conditions.iter().filter(|one| one.needs_baseline());
        if let Some(condition) = relative.next().filter(|_| !has_baseline) {
            bail!("{option}: `{condition}`: needs --baseline");
        }
    }
    Ok(())
}
