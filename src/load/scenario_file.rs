//! Files of scenarios. They are checked as they are, for errors with line and column, and become part of the run, so that a saved
//! run does not need them.

use super::spec::LoadSpec;
use super::targets;
use crate::options::built_in;
use anyhow::{Result, anyhow};
use std::path::{self, Path};

/// Makes a run follow the scenario of a file. Errors name the file.
pub(crate) fn set_scenario(spec: &mut LoadSpec, file: &Path, has_own_server: bool) -> Result<()> {
    let text = built_in::read_input(&file.to_string_lossy())?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let checked = targets::check_scenario(spec, has_own_server, &text, folder);
    checked.map_err(|error| anyhow!("{}:{error:#}", file.display()))?;
    let mut table: toml::Table = text.parse()?;
    let steps = table.get_mut("step").and_then(toml::Value::as_array_mut);
    for step in steps.into_iter().flatten() {
        // A body in the scenario would have its placeholders filled in; that of a file is sent as it is.
        if let Some(toml::Value::String(body)) = step.get_mut("body_file") {
            *body = absolute(folder, body)?;
        }
    }
    spec.scenario = Some(table);
    Ok(())
}

/// The absolute path of a file that belongs to a folder.
pub(crate) fn absolute(folder: &Path, file: &str) -> Result<String> {
    Ok(path::absolute(folder.join(file))?.to_string_lossy().into())
}
