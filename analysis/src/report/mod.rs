//! The formats of a result: one format a file, and their list.

mod csv;
mod format;
mod json;
mod markdown;
mod sentences;
mod table_content;
mod text;
mod timeline;

pub use format::Report;
pub use timeline::timeline;

/// Every format; the first is the default.
pub const ALL: &[&dyn Report] = &[
    &text::TextReport,
    &json::JsonReport,
    &markdown::MarkdownReport,
    &csv::CsvReport,
];

/// A format that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`; known: {known}", known = known())]
pub struct UnknownFormat(String);

/// The format of this name.
///
/// # Errors
/// If there is none; the error lists the known ones.
pub fn by_name(name: &str) -> Result<&'static dyn Report, UnknownFormat> {
    let named = ALL.iter().find(|report| report.name() == name);
    named.copied().ok_or_else(|| UnknownFormat(name.to_owned()))
}

fn known() -> String {
    let mut names: Vec<_> = ALL.iter().map(|report| report.name()).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name() {
        for report in ALL {
            assert_eq!(by_name(report.name()).unwrap().name(), report.name());
        }
        let error = by_name("xml").err().unwrap().to_string();
        let expected = "unknown format `xml`; known: csv, json, markdown, text";
        assert_eq!(error, expected);
    }
}
