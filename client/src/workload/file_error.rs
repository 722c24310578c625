//! Why a file with targets or a scenario cannot be used.

use std::fmt::{self, Display};

/// `LINE:COLUMN: SENTENCE`, counted from 1 and in characters. The name of the file is for the caller to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFileError {
    line: usize,
    column: usize,
    sentence: String,
}

impl LoadFileError {
    pub(crate) fn new(line: usize, column: usize, sentence: impl Display) -> LoadFileError {
        LoadFileError {
            line,
            column,
            sentence: sentence.to_string(),
        }
    }

    /// The error at a byte of the text of the file.
    pub(crate) fn at(text: &str, offset: usize, sentence: impl Display) -> LoadFileError {
        let before = text.get(..offset).unwrap_or(text);
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        LoadFileError::new(line, last_line.chars().count() + 1, sentence)
    }
}

impl fmt::Display for LoadFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.sentence)
    }
}

impl std::error::Error for LoadFileError {}
