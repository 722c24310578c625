//! Reads the result of a load run that `--result` wrote.

use crate::experiment::result_file::from_json;
use anyhow::{Result, bail};
use flagpole_analysis::load::{LOAD_SCHEMA_VERSION, LoadResult};
use serde_json::Value;

/// Parses the text of a result. Checks its version first, because other keys depend on it.
pub(crate) fn parse(text: &str) -> Result<LoadResult> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let version = document
        .get("schema_version")
        .filter(|_| document.get("figures").is_some());
    match version.and_then(Value::as_u64) {
        None => {
            bail!("expected a result that `flagpole load --result` wrote, got another document")
        }
        Some(version) if version != u64::from(LOAD_SCHEMA_VERSION) => bail!(
            "expected a result of schema version {LOAD_SCHEMA_VERSION}, got `{version}`; measure again with this version"
        ),
        Some(_) => from_json(text),
    }
}
