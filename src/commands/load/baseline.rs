//! `--baseline`: an earlier result.

use crate::load::result_file;
use crate::load::spec::LoadSpec;
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::load::LoadResult;
use std::fs;
use std::path::Path;

/// Reads a result file.
pub(super) fn read(path: &Path) -> Result<LoadResult> {
    let text = fs::read_to_string(path).map_err(anyhow::Error::from);
    let result = text.and_then(|text| result_file::parse(&text));
    result.with_context(|| format!("--baseline: {}", path.display()))
}

/// Refuses conditions about a baseline if there is none.
pub(super) fn check_conditions(spec: &LoadSpec, has_baseline: bool) -> Result<()> {
    for (option, conditions) in [("--fail-if", &spec.fail_if), ("--abort-if", &spec.abort_if)] {
        let mut relative = conditions.iter().filter(|one| one.needs_baseline());
        if let Some(condition) = relative.next().filter(|_| !has_baseline) {
            bail!("{option}: `{condition}`: needs --baseline");
        }
    }
    Ok(())
}
