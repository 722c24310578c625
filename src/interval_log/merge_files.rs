//! Adds up the logs in files. They are read one after the other, so that one file is open at a time.

use super::foreign_intervals::ForeignIntervals;
use super::log_sources::LogSources;
use super::reader::{LogEvent, LogReader};
use crate::output;
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::load::process::{LoadMerger, MergeOptions, MergedLoad, ProcessIndex};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The load of all processes whose logs are in these files; `-` is standard input.
pub(crate) fn merge_files(files: &[PathBuf], options: MergeOptions) -> Result<MergedLoad> {
    let mut merger = LoadMerger::new();
    let mut sources = LogSources::default();
    for file in files {
        if file == Path::new("-") {
            add_log(
                &mut merger,
                &mut sources,
                "standard input",
                io::stdin().lock(),
            )?;
        } else {
            add_log(
                &mut merger,
                &mut sources,
                &file.display().to_string(),
                open(file)?,
            )?;
        }
    }
    Ok(merger.finish(options)?)
}

fn open(file: &Path) -> Result<BufReader<File>> {
    let name = file.display();
    if file.is_dir() {
        bail!("{name}: expected an interval log, got a folder; its logs are {name}/*.hlog");
    }
    let opened = File::open(file).with_context(|| name.to_string())?;
    Ok(BufReader::new(opened))
}

/// Adds the processes of a log.
fn add_log(
    merger: &mut LoadMerger,
    sources: &mut LogSources,
    name: &str,
    input: impl BufRead,
) -> Result<()> {
    let mut processes: BTreeMap<String, ProcessIndex> = BTreeMap::new();
    let mut foreign: Option<(ProcessIndex, ForeignIntervals)> = None;
    for event in LogReader::new(name, input) {
        match event? {
            LogEvent::Process(head) => {
                let process = head.process.clone();
                sources.add(&process, &process, name)?;
                let index = merger.begin(*head).with_context(|| name.to_owned())?;
                processes.insert(process, index);
            }
            LogEvent::Interval(logged) => {
                merger.interval(processes[&logged.process], &logged.interval)?;
            }
            LogEvent::End { process, end } => {
                for part in &end.processes {
                    sources.add(&part.process, &process, name)?;
                }
                let ended = merger.end(processes[&process], *end);
                ended.with_context(|| name.to_owned())?;
            }
            LogEvent::Foreign(histogram) => {
                if foreign.is_none() {
                    let head = ForeignIntervals::head(name, &histogram);
                    sources.add(name, name, name)?;
                    let index = merger.begin(head).with_context(|| name.to_owned())?;
                    foreign = Some((index, ForeignIntervals::new(&histogram)));
                }
                if let Some((index, intervals)) = &mut foreign
                    && let Some(interval) = intervals.add(&histogram)
                {
                    merger.interval(*index, &interval)?;
                }
            }
            LogEvent::CutOff { line } => {
                output::note(&format!(
                    "{name}:{line}: left out an interval that is not whole"
                ));
            }
        }
    }
    let last = foreign.map(|(index, intervals)| (index, intervals.finish()));
    if let Some((index, last)) = last {
        merger.interval(index, &last)?;
    } else if processes.is_empty() {
        bail!("{name}: expected an interval log, got one without any interval");
    }
    Ok(())
}
