//! The log of the whole (`--output`).

use crate::experiment::output_target::OutputTarget;
use crate::interval_log::{EndpointTimes, LogBlocks, Timestamps};
use anyhow::Result;
use flagpole_analysis::load::process::MergedLoad;
use std::time::Duration;

/// Writes the log of a merged load, which is again one of a process. Comments for people name the processes.
pub(super) fn write(file: OutputTarget, merged: &MergedLoad) -> Result<()> {
    let mut stream = file.into_stream()?;
    let mut append = |text: &str| stream.write(|out| out.write_all(text.as_bytes()));
    let (mut blocks, head) = LogBlocks::new(&merged.head, Timestamps::FromStart);
    append(&head);
    for process in &merged.end.processes {
        // A name may have any character; a comment ends with its line.
        append(&format!("#[Merged from process {:?}]\n", process.process));
    }
    for interval in merged.intervals() {
        let endpoints = interval.endpoints.iter();
        let endpoints = endpoints.map(|((method, name), response_time)| EndpointTimes {
            method,
            name,
            response_time,
        });
        append(&blocks.interval(&interval, &endpoints.collect::<Vec<_>>()));
    }
    let warm_up = Duration::from_micros(merged.head.asked.warm_up_us);
    append(&blocks.end(&merged.end, warm_up));
    stream.finish()
}
