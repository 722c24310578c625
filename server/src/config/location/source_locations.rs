//! The locations of all keys and values in a TOML text.

use super::path_segment::{KeyPath, PathSegment};
use super::source_location::SourceLocation;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The location of the byte at `offset` in a TOML text, with the innermost key at that byte. For experiments, whose files
/// contain a part of a profile.
pub fn locate(text: &str, offset: usize) -> SourceLocation {
    SourceLocations::new(text).at(offset)
}

/// The keys and values of a text.
pub(crate) struct SourceLocations<'t> {
    text: &'t str,
    /// The path of each key, and the range of bytes of the key or of its value; two entries per key.
    spans: Vec<(Vec<PathSegment>, Range<usize>)>,
}

impl<'t> SourceLocations<'t> {
    /// Finds the keys and values of a text, up to the first syntax error.
    pub(crate) fn new(text: &'t str) -> SourceLocations<'t> {
        let (table, _errors) = DeTable::parse_recoverable(text);
        let mut locations = SourceLocations {
            text,
            spans: Vec::new(),
        };
        locations.add_table(table.get_ref(), &[]);
        locations
    }

    fn add_table(&mut self, table: &DeTable<'_>, path: &[PathSegment]) {
        for (name, value) in table {
            let path = [path, &[PathSegment::key(name.get_ref())]].concat();
            self.spans.push((path.clone(), name.span()));
            self.add_value(value.get_ref(), value.span(), &path);
        }
    }

    fn add_value(&mut self, value: &DeValue<'_>, span: Range<usize>, path: &[PathSegment]) {
        self.spans.push((path.to_vec(), span));
        match value {
            DeValue::Table(table) => self.add_table(table, path),
            DeValue::Array(array) => {
                for (index, value) in array.iter().enumerate() {
                    let path = [path, &[PathSegment::Index(index)]].concat();
                    self.add_value(value.get_ref(), value.span(), &path);
                }
            }
            _ => {}
        }
    }

    /// The location of the byte at `offset`, with the longest path of the keys and values that contain the byte.
    pub(crate) fn at(&self, offset: usize) -> SourceLocation {
        let contains =
            |span: &Range<usize>| span.start <= offset && offset < span.end.max(span.start + 1);
        let here = self.spans.iter().filter(|(_, span)| contains(span));
        let innermost = here.map(|(path, _)| path).max_by_key(|path| path.len());
        self.location(offset, innermost.map_or(&[], Vec::as_slice))
    }

    /// The location of a key; if the key is not in the text, of the innermost table around the key.
    pub(crate) fn find(&self, path: &[PathSegment]) -> SourceLocation {
        let span = (0..=path.len()).rev().find_map(|length| {
            let found = self
                .spans
                .iter()
                .find(|(found, _)| *found == path[..length]);
            found.map(|(_, span)| span.start)
        });
        self.location(span.unwrap_or(0), path)
    }

    fn location(&self, offset: usize, path: &[PathSegment]) -> SourceLocation {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        SourceLocation {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            address: KeyPath(path).to_string(),
        }
    }
}
