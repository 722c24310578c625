//! Reads the result of a comparison that `--result` wrote, of this or an earlier version.

use anyhow::{Result, anyhow, bail};
use flagpole_analysis::comparison::{Comparison, SCHEMA};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The oldest schema that can be read: later schemas only add keys.
const OLDEST_SCHEMA: u32 = 3;

/// Parses the text of a result. Checks its schema first, because other keys depend on it.
pub(crate) fn parse(text: &str) -> Result<Comparison> {
    if text.trim().is_empty() {
        bail!("expected a result that `--result` wrote, got an empty file");
    }
    let document: Value = from_json(text)?;
    // Other formats have a `schema` too, but no cells.
    let schema = document
        .get("schema")
        .filter(|_| document.get("cells").is_some());
    let Some(schema) = schema.and_then(Value::as_u64) else {
        bail!("expected a result that `--result` wrote, got another JSON document");
    };
    if !(OLDEST_SCHEMA..=SCHEMA).contains(&u32::try_from(schema).unwrap_or(u32::MAX)) {
        bail!(
            "expected a result of schema {OLDEST_SCHEMA} to {SCHEMA}, got `{schema}`; measure again with this version"
        );
    }
    let mut result: Comparison = from_json(text)?;
    result.complete();
    Ok(result)
}

/// Parses JSON; the error has the place, because a result has thousands of lines.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow!("expected a result that `--result` wrote, got something else at line {line}, column {column}")
    })
}
