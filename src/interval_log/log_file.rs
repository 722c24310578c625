//! The file of `load --hlog`. Blocks are written when an interval ends, so that the log of a run that is killed has all
//! intervals before.

use super::blocks::{LogBlocks, Timestamps};
use crate::experiment::output_target::OutputStream;
use anyhow::Result;
use flagpole_analysis::load::process::{ProcessEnd, ProcessHead, ProcessInterval};
use std::time::Duration;

/// The log of one process, which is written interval by interval.
pub(crate) struct IntervalLog {
    stream: OutputStream,
    blocks: LogBlocks,
    warm_up: Duration,
    intervals: u64,
}

impl IntervalLog {
    /// Writes the head.
    pub(crate) fn new(stream: OutputStream, head: &ProcessHead) -> IntervalLog {
        let (blocks, text) = LogBlocks::new(head, Timestamps::FromStart);
        let mut log = IntervalLog {
            stream,
            blocks,
            warm_up: Duration::from_micros(head.asked.warm_up_us),
            intervals: 0,
        };
        log.append(&text);
        log
    }

    /// Writes an interval, and gives it its number.
    pub(crate) fn write(&mut self, mut interval: ProcessInterval) {
        self.intervals += 1;
        interval.seq = self.intervals;
        let text = self.blocks.interval(&interval, &[]);
        self.append(&text);
    }

    /// Writes the end with the number of intervals; returns the first error while writing.
    pub(crate) fn finish(mut self, mut end: ProcessEnd) -> Result<()> {
        end.intervals = self.intervals;
        let text = self.blocks.end(&end, self.warm_up);
        self.append(&text);
        self.stream.finish()
    }

    fn append(&mut self, text: &str) {
        self.stream.write(|out| out.write_all(text.as_bytes()));
    }
}
