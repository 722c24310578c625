//! A location in the text of a profile: line, column and the address of a key.

use std::fmt;

/// A location in a text, from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The address of the key, such as `listener[0].rule[2].path`; empty if no key is concerned.
    pub address: String,
}

/// `LINE:COLUMN: ADDRESS`.
impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)?;
        if self.address.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.address)
        }
    }
}
