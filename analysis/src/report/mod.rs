//! The formats of a result: one format a file, and their list. The formats for people share their content: the answer,
//! the summary table, sentences and details.

pub(crate) mod answer;
mod csv;
mod detail_sentences;
mod details;
mod doubts;
mod format;
mod interval_plot;
mod json;
pub(crate) mod layout;
mod markdown;
pub(crate) mod markdown_lines;
pub(crate) mod relative_times;
pub(crate) mod sentences;
pub(crate) mod summary_table;
mod text;
pub(crate) mod text_lines;
mod timeline;

pub use format::{Report, ReportOptions};
pub use timeline::timeline;

/// Every format; the first is the default.
pub const ALL: &[&dyn Report] = &[
    &text::TextReport,
    &json::JsonReport,
    &markdown::MarkdownReport,
    &csv::CsvReport,
];
