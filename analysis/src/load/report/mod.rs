//! The formats of the result of a load run: one format a file, and their list. The formats for people share their content:
//! the answer, sentences and tables.

mod answer;
mod csv;
mod details;
mod format;
mod json;
mod markdown;
pub(crate) mod processes;
pub(crate) mod sentences;
mod tables;
mod text;

pub(crate) use answer::LoadAnswer;
pub use format::LoadReport;

/// Every format; the first is the default.
pub const ALL: &[&dyn LoadReport] = &[
    &text::LoadText,
    &json::LoadJson,
    &markdown::LoadMarkdown,
    &csv::LoadCsv,
];
