//! The formats of a result: one format a file, and their list.

mod content;
mod csv;
mod format;
mod json;
mod markdown;
mod text;
mod timeline;

pub use format::{Report, Style};
pub use timeline::timeline;

/// Every format; the first is the default.
pub const ALL: &[&dyn Report] = &[
    &text::TextReport,
    &json::JsonReport,
    &markdown::MarkdownReport,
    &csv::CsvReport,
];
