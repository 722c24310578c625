//! The formats of a result by name.

use super::text;
use clap_complete::engine::CompletionCandidate;
use flagpole_analysis::load::{LoadPercentile, LoadResult};
use flagpole_analysis::report::ReportOptions;
use flagpole_protocol::SpecError;
use std::io::{Result as IoResult, Write};
use std::time::Duration;

/// A format of a result.
pub(crate) trait LoadReport: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a result.
    fn write(
        &self,
        result: &LoadResult,
        options: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> IoResult<()>;
}

struct Json;

impl LoadReport for Json {
    fn name(&self) -> &'static str {
        "json"
    }
    fn write(
        &self,
        result: &LoadResult,
        _: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> IoResult<()> {
        serde_json::to_writer_pretty(&mut *out, result)?;
        writeln!(out)
    }
}

struct Text;

impl LoadReport for Text {
    fn name(&self) -> &'static str {
        "text"
    }
    fn write(
        &self,
        result: &LoadResult,
        options: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> IoResult<()> {
        let (figures, verdict) = (&result.figures, &result.verdict);
        let validity = (options.style)(verdict.validity);
        let rate = text::rate(figures.requests_per_s);
        writeln!(
            out,
            "{validity}: {rate}, {} failed of {} requests",
            figures.failed, figures.requests
        )?;
        for reason in &verdict.reasons {
            writeln!(out, "{}: {}", reason.severity, reason.message)?;
        }
        for (name, times) in [
            ("response", &figures.response_time),
            ("service", &figures.service_time),
        ] {
            let us = |us: Option<u64>| text::latency(us.map(Duration::from_micros));
            let percentile = |one: Option<LoadPercentile>| us(one.map(|one| one.us));
            let (p50, p90, p99) = (
                percentile(times.p50),
                percentile(times.p90),
                percentile(times.p99),
            );
            let max = us(times.max_us);
            writeln!(
                out,
                "{name:<9} p50 {p50:>8}  p90 {p90:>8}  p99 {p99:>8}  max {max:>8}"
            )?;
        }
        Ok(())
    }
}

const ALL: &[&dyn LoadReport] = &[&Text, &Json];

/// The format of this name.
pub(crate) fn parse(name: &str) -> Result<&'static dyn LoadReport, SpecError> {
    let found = ALL.iter().find(|one| one.name() == name).copied();
    let known = || ALL.iter().map(|one| one.name());
    found.ok_or_else(|| SpecError::unknown("format", name, known()))
}

/// All of them, for completions.
pub(crate) fn candidates() -> Vec<CompletionCandidate> {
    let names = ALL.iter().map(|one| one.name());
    names.map(CompletionCandidate::new).collect()
}
