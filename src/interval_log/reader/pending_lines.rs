//! The histogram lines of a block, which wait for the comment that ends it.

use super::histogram_line::HistogramLine;
use crate::interval_log::histogram_text::{self, ExpectedBounds};
use crate::interval_log::stats_record::{StatsRecord, TimesRecord};
use flagpole_protocol::LatencyStats;
use std::collections::BTreeMap;
use std::mem;

/// More lines than a block has, and more text: a worker with 1,000 endpoints writes some 1,050 lines of less than 1 KB.
const MAX_LINES: usize = 100_000;
const MAX_TEXT: usize = 64 << 20;

/// The lines since the last block.
#[derive(Default)]
pub(super) struct PendingLines {
    lines: Vec<PendingLine>,
    text: usize,
}

/// A line that is not decoded, as that takes more memory.
struct PendingLine {
    number: u64,
    tag: String,
    histogram: String,
}

/// An error at a line.
pub(super) type LineError = (u64, String);

impl PendingLines {
    /// The number of the first line.
    pub(super) fn first_line(&self) -> Option<u64> {
        self.lines.first().map(|line| line.number)
    }

    pub(super) fn clear(&mut self) {
        *self = PendingLines::default();
    }

    /// Adds a line with its number.
    pub(super) fn push(&mut self, number: u64, line: &HistogramLine<'_>) -> Result<(), String> {
        self.text += line.histogram.len();
        if self.lines.len() >= MAX_LINES || self.text > MAX_TEXT {
            return Err(
                "expected the end of an interval (`#[flagpole interval`): its lines are too many"
                    .to_owned(),
            );
        }
        self.lines.push(PendingLine {
            number,
            tag: line.tag.to_owned(),
            histogram: line.histogram.to_owned(),
        });
        Ok(())
    }

    /// The latencies of the lines by tag, which are exactly those of the record.
    pub(super) fn take(
        &mut self,
        record: &StatsRecord,
    ) -> Result<BTreeMap<String, LatencyStats>, LineError> {
        let mut times = BTreeMap::new();
        for line in mem::take(self).lines {
            let at = |message| (line.number, message);
            let tag = visible_tag(&line.tag);
            let Some(exact) = record.times.get(&line.tag) else {
                return Err(at(format!(
                    "the histogram {tag} is not among the counts of its interval"
                )));
            };
            let latencies = decode(&line.histogram, exact).map_err(at)?;
            let Some(latencies) = latencies else {
                return Err(at(format!(
                    "the histogram {tag} does not agree with the counts of its interval"
                )));
            };
            if times.insert(line.tag.clone(), latencies).is_some() {
                return Err(at(format!(
                    "the histogram {tag} is there twice in its interval"
                )));
            }
        }
        Ok(times)
    }
}

/// The latencies; `None` if the exact figures are others.
fn decode(text: &str, exact: &TimesRecord) -> Result<Option<LatencyStats>, String> {
    let histogram = histogram_text::decode(text, ExpectedBounds::Own)?;
    Ok(exact.rebuild(&histogram))
}

/// A tag for people.
pub(super) fn visible_tag(tag: &str) -> String {
    match tag {
        "" => "without a tag".to_owned(),
        tag => format!("with the tag `{tag}`"),
    }
}
