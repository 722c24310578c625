//! `--baseline`: an earlier result.

use crate::load::spec::LoadSpec;
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::load::{LOAD_SCHEMA_VERSION, LoadResult};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Reads a result file.
pub(super) fn read(path: &Path) -> Result<LoadResult> {
    let text = fs::read_to_string(path).map_err(anyhow::Error::from);
    let result = text.and_then(|text| parse(&text));
    result.with_context(|| format!("--baseline: {}", path.display()))
}

/// Parses the text of a result. Checks its version first, because other keys depend on it.
fn parse(text: &str) -> Result<LoadResult> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let version = document
        .get("schema_version")
        .filter(|_| document.get("figures").is_some());
    match version.and_then(Value::as_u64) {
        None => {
            bail!("expected a result that `flagpole load --result` wrote, got another document")
        }
        Some(version) if version != u64::from(LOAD_SCHEMA_VERSION) => bail!(
            "expected a result of schema version {LOAD_SCHEMA_VERSION}, got `{version}`; measure the baseline again with this version"
        ),
        Some(_) => serde_json::from_value(document)
            .context("expected a result that `flagpole load --result` wrote"),
    }
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
