//! The output formats of `get`.

use super::json_csv;
use super::result::GetResult;
use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GetFormat {
    /// Totals: downloads, errors, elapsed time
    Text,
    /// One document: totals, and the final attempt of each download
    Json,
    /// One line per download: its final attempt, total bytes, number of attempts
    Csv,
}

impl GetFormat {
    pub(super) fn write(self, result: &GetResult<'_>) -> anyhow::Result<String> {
        match self {
            GetFormat::Text => Ok(result.text()),
            GetFormat::Json => json_csv::json(result),
            GetFormat::Csv => json_csv::csv(result),
        }
    }
}
