//! Where a key stands in the text of a profile: line, column and address.

use super::profile_error::{KeyPath, PathSegment};
use flagpole_protocol::spec::reword_serde_error;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Keys whose old name is still read, with their name.
const OLD_NAMES: [(&str, &str); 1] = [("capacity", "concurrency_limit")];

/// Says where and why a TOML text is refused: `LINE:COLUMN: ADDRESS: SENTENCE`, counted from 1 and in characters, with the
/// address of the innermost key there. `span` and `message` are those of the error of the parser; an error of the text as a
/// whole is located at its start. For experiments, whose files contain a part of a profile.
pub fn describe_toml_error(text: &str, span: Option<Range<usize>>, message: &str) -> String {
    let message = reword_serde_error(message).replace("expected a map", "expected a table");
    // A key that is missing in the text as a whole has no address; the span of such an error is empty.
    match span.filter(|span| *span != (0..0)) {
        Some(span) => format!("{}: {message}", SourceLocations::new(text).at(span.start)),
        None => format!("1:1: {message}"),
    }
}

/// The keys and values of a text.
pub(super) struct SourceLocations<'t> {
    text: &'t str,
    /// The path of each key, and the range of bytes of the key or of its value; two entries per key.
    spans: Vec<(Vec<PathSegment>, Range<usize>)>,
}

impl<'t> SourceLocations<'t> {
    /// Finds the keys and values of a text, up to the first syntax error.
    pub(super) fn new(text: &'t str) -> SourceLocations<'t> {
        let (table, _errors) = DeTable::parse_recoverable(text);
        let spans = Vec::new();
        let mut locations = SourceLocations { text, spans };
        locations.add_table(table.get_ref(), &[]);
        locations
    }

    fn add_table(&mut self, table: &DeTable<'_>, path: &[PathSegment]) {
        for (name, value) in table {
            let key = PathSegment::Key(name.get_ref().clone().into_owned());
            let path = [path, &[key]].concat();
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
    fn at(&self, offset: usize) -> String {
        let contains =
            |span: &Range<usize>| span.start <= offset && offset < span.end.max(span.start + 1);
        let here = self.spans.iter().filter(|(_, span)| contains(span));
        let innermost = here.map(|(path, _)| path).max_by_key(|path| path.len());
        self.location(offset, innermost.map_or(&[], Vec::as_slice))
    }

    /// The location of a key, under its name or an old one; if the key is not in the text, of the innermost table around
    /// the key.
    pub(super) fn find(&self, path: &[PathSegment]) -> String {
        let found = (1..=path.len()).rev().find_map(|length| {
            let is_wanted = |found: &[PathSegment]| {
                found.len() == length && found.iter().zip(path).all(|(a, b)| is_name_of(a, b))
            };
            self.spans.iter().find(|(found, _)| is_wanted(found))
        });
        match found {
            Some((found, span)) => {
                let rest = &path[found.len()..];
                self.location(span.start, &[found, rest].concat())
            }
            None => self.location(0, path),
        }
    }

    fn location(&self, offset: usize, path: &[PathSegment]) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let column = last_line.chars().count() + 1;
        let address = KeyPath(path).to_string();
        let colon = if address.is_empty() { "" } else { ": " };
        format!("{line}:{column}{colon}{address}")
    }
}

/// Whether a segment of a text is a known segment, or an old name of it.
fn is_name_of(found: &PathSegment, known: &PathSegment) -> bool {
    match (found, known) {
        (PathSegment::Key(old), PathSegment::Key(name)) if old != name => {
            OLD_NAMES.contains(&(old, name))
        }
        _ => found == known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;

    #[test]
    fn a_wrong_value_under_an_old_name_is_located_at_that_name() {
        for (old, name) in OLD_NAMES {
            for name in [old, name] {
                let error = format!("[[listener]]\nport = 80\n{name} = 0").parse::<Profile>();
                let message = error.unwrap_err().to_string();
                let start = format!("3:1: listener[0].{name}: expected ");
                assert!(message.starts_with(&start), "{message}");
            }
        }
    }
}
