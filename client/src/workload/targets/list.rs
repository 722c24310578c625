//! A file of targets: a URL or path a line, or a JSON object a line.

use super::list_entry::{EntryError, ListEntry, ReadFile};
use super::load_target::LoadTarget;
use super::load_targets::LoadTargets;
use crate::workload::file_error::LoadFileError;
use flagpole_protocol::reason;
use flagpole_protocol::spec::reword_serde_error;

impl LoadTargets {
    /// Adds the targets of a file, in its order. Empty lines, and those that begin with `#`, are skipped. `read` reads the
    /// files that `body_file` names.
    ///
    /// # Errors
    /// The first line that is refused; a file without targets.
    pub fn add_list(&mut self, text: &[u8], read: ReadFile<'_>) -> Result<(), LoadFileError> {
        let before = self.targets().len();
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let line = str::from_utf8(line).map_err(|error| {
                let shown = reason(&line.escape_ascii());
                let column = error.valid_up_to() + 1;
                LoadFileError::new(
                    number,
                    column,
                    format!("expected UTF-8 text, got `{shown}`"),
                )
            })?;
            self.add_line(number, line, read)?;
        }
        if self.targets().len() == before {
            let expected = "expected at least one URL, got none";
            return Err(LoadFileError::new(1, 1, expected));
        }
        Ok(())
    }

    fn add_line(
        &mut self,
        number: usize,
        line: &str,
        read: ReadFile<'_>,
    ) -> Result<(), LoadFileError> {
        // Editors of Windows begin a file with a byte order mark.
        let line = line.trim_start_matches('\u{feff}');
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(());
        }
        if !trimmed.starts_with('{') {
            let added = self.add_url(trimmed);
            return added.map_err(|error| LoadFileError::new(number, indent + 1, error));
        }
        let entry: ListEntry = serde_json::from_str(trimmed).map_err(|error| {
            // serde_json counts columns of bytes.
            let column = indent + error.column().max(1);
            LoadFileError::new(number, column, reason(&json_reason(&error)))
        })?;
        let target = self.target(&entry, read).map_err(|(key, sentence)| {
            // The first mention of the key: a body before it may contain the same text.
            let offset = line.find(&format!("\"{key}\"")).unwrap_or(indent);
            let column = line[..offset].chars().count() + 1;
            LoadFileError::new(number, column, format!("{key}: {sentence}"))
        })?;
        self.push(target);
        Ok(())
    }

    fn target(&mut self, entry: &ListEntry, read: ReadFile<'_>) -> Result<LoadTarget, EntryError> {
        let located = self.locate(&entry.url);
        let (endpoint, path) = located.map_err(|error| ("url", error.to_string()))?;
        Ok(LoadTarget {
            endpoint,
            path,
            message: entry.message(self.message(), read)?,
            weight: entry.weight()?,
            expectation: entry.expectation(self.expectation()),
        })
    }
}

/// The error without the place, which counts from the start of the line.
fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    reword_serde_error(text.strip_suffix(&place).unwrap_or(&text))
}

#[cfg(test)]
mod tests;
