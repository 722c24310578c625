//! Comments with flagpole's own data: `#[flagpole KIND {json}]`. Other tools skip them.

use flagpole_analysis::load::process::{ProcessEnd, ProcessInterval};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::stats_record::StatsRecord;

/// What such a comment begins with.
const START: &str = "#[flagpole ";

/// The head of a process, which is a [`ProcessHead`](flagpole_analysis::load::process::ProcessHead).
pub(super) const PROCESS: &str = "process";
/// The end of an interval, an [`IntervalComment`]: its histograms are in the lines before it.
pub(super) const INTERVAL: &str = "interval";
/// The end of a process, an [`EndComment`]: the histograms of its warm-up are in the lines before it.
pub(super) const END: &str = "end";

/// An interval without its histograms.
#[derive(Serialize, Deserialize)]
pub(super) struct IntervalComment<'a> {
    pub(super) process: Cow<'a, str>,
    pub(super) interval: Cow<'a, ProcessInterval>,
    pub(super) stats: StatsRecord,
}

/// The end of a process without the histograms of its warm-up.
#[derive(Serialize, Deserialize)]
pub(super) struct EndComment<'a> {
    pub(super) process: Cow<'a, str>,
    pub(super) end: Cow<'a, ProcessEnd>,
    pub(super) warm_up: StatsRecord,
}

/// The line of a comment, with its end.
pub(super) fn line(kind: &str, value: &impl Serialize) -> String {
    // JSON has no line ends within texts.
    let json = serde_json::to_string(value).expect("keys are texts or numbers");
    format!("{START}{kind} {json}]\n")
}

/// The kind and the JSON of a comment without its line end; `None` for another line.
pub(super) fn parse(line: &str) -> Option<(&str, &str)> {
    let content = line.strip_prefix(START)?.strip_suffix(']')?;
    content.split_once(' ')
}

/// Whether the line begins with what a comment of flagpole begins with.
pub(super) fn is_own(line: &str) -> bool {
    line.starts_with(START)
}
