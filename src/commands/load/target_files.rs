//! Files that name targets: lists (`--urls`) and scenarios (`--scenario`). They are checked as they are, for errors with line and
//! column, and become part of the run, so that a saved run does not need them.

use crate::load::scenario_file::{self, absolute};
use crate::load::spec::LoadSpec;
use crate::load::targets;
use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Adds the targets of a list to a run. Paths in it belong to the base of the run, or to flagpole's own server.
pub(super) fn add_list(spec: &mut LoadSpec, file: &Path, has_own_server: bool) -> Result<()> {
    let text = fs::read(file).with_context(|| format!("--urls: {}", file.display()))?;
    let checked = targets::check_list(spec, has_own_server, &text, folder(file));
    checked.map_err(|error| anyhow!("--urls: {}:{error:#}", file.display()))?;
    spec.urls = lines(&text, folder(file))?;
    Ok(())
}

/// Makes a run follow a scenario.
pub(super) fn set_scenario(spec: &mut LoadSpec, file: &Path, has_own_server: bool) -> Result<()> {
    let set = scenario_file::set_scenario(spec, file, has_own_server);
    set.map_err(|error| anyhow!("--scenario: {error:#}"))
}

fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// The lines of a list of targets, without comments, with the bodies of files that are named.
fn lines(text: &[u8], folder: &Path) -> Result<Vec<String>> {
    let text = String::from_utf8_lossy(text);
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| with_body(line, folder)).collect()
}

/// The line of a list, with the content of its `body_file` instead, if that is text; otherwise with its absolute path.
fn with_body(line: &str, folder: &Path) -> Result<String> {
    let Ok(Value::Object(mut entry)) = serde_json::from_str(line) else {
        return Ok(line.to_owned());
    };
    let Some(Value::String(file)) = entry.remove("body_file") else {
        return Ok(line.to_owned());
    };
    let content =
        fs::read(folder.join(&file)).with_context(|| format!("--urls: body_file: {file}"))?;
    if let Ok(text) = String::from_utf8(content) {
        entry.insert("body".to_owned(), text.into());
    } else {
        entry.insert("body_file".to_owned(), absolute(folder, &file)?.into());
    }
    Ok(Value::Object(entry).to_string())
}
