//! A location in the text of a profile: line, column and key.

use std::fmt;

/// A location in a text, from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The key, such as `listener[0].rule[2].path`; empty if there is none.
    pub key: String,
}

/// `LINE:COLUMN: KEY`.
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
