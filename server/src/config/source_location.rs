//! Places in the text of a profile: line, column and key.

use std::fmt;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A place in a text, as editors count: from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The key, as `listener[0].rule[2].path`; empty where there is none.
    pub key: String,
}

/// One step on the way to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    pub(crate) fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }
}

/// The way to a key, spelled.
pub(crate) fn spelled(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(name) if text.is_empty() => text.push_str(name),
            Step::Key(name) => text.extend([".", name]),
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

/// The places of all keys and values of a text.
pub(crate) struct Places<'t> {
    text: &'t str,
    /// The way to each key, and where the key or its value stands.
    found: Vec<(Vec<Step>, Range<usize>)>,
}

impl<'t> Places<'t> {
    /// Those of a text; where it is no TOML, those before that.
    pub(crate) fn of(text: &'t str) -> Places<'t> {
        let (table, _errors) = DeTable::parse_recoverable(text);
        let mut places = Places {
            text,
            found: Vec::new(),
        };
        places.walk(table.get_ref(), &[]);
        places
    }

    fn walk(&mut self, table: &DeTable<'_>, way: &[Step]) {
        for (name, value) in table {
            let way = [way, &[Step::key(name.get_ref())]].concat();
            self.found.push((way.clone(), name.span()));
            self.enter(value.get_ref(), value.span(), &way);
        }
    }

    fn enter(&mut self, value: &DeValue<'_>, span: Range<usize>, way: &[Step]) {
        self.found.push((way.to_vec(), span));
        match value {
            DeValue::Table(table) => self.walk(table, way),
            DeValue::Array(array) => {
                for (index, value) in array.iter().enumerate() {
                    let way = [way, &[Step::Index(index)]].concat();
                    self.enter(value.get_ref(), value.span(), &way);
                }
            }
            _ => {}
        }
    }

    /// The place so many bytes from the start: that of the longest way to a key that stands there.
    pub(crate) fn at(&self, offset: usize) -> SourceLocation {
        let holds =
            |span: &Range<usize>| span.start <= offset && offset < span.end.max(span.start + 1);
        let innermost = self.found.iter().filter(|(_, span)| holds(span));
        let way = innermost
            .max_by_key(|(way, _)| way.len())
            .map(|(way, _)| way.as_slice());
        self.place(offset, way.unwrap_or_default())
    }

    /// The place of a key, or of the nearest one around it that is there.
    pub(crate) fn find(&self, way: &[Step]) -> SourceLocation {
        let around = (0..=way.len()).rev().map(|length| &way[..length]);
        let span = around
            .filter_map(|part| self.found.iter().find(|(found, _)| found == part))
            .map(|(_, span)| span.start)
            .next();
        self.place(span.unwrap_or(0), way)
    }

    fn place(&self, offset: usize, way: &[Step]) -> SourceLocation {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        SourceLocation {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            key: spelled(way),
        }
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)?;
        if self.key.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.key)
        }
    }
}
