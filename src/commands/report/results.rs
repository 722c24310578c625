//! The results that a report is of: read, of one kind and one experiment, the oldest first. Interval logs are one result
//! together.

use super::differences::{difference_of_comparisons, difference_of_loads};
use crate::experiment::runner::environment;
use crate::interval_log::merge_files;
use crate::{experiment, load, output};
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::load::LoadResult;
use flagpole_analysis::load::process::MergeOptions;
use flagpole_analysis::validity::Validity;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What results the files have.
pub(super) enum Results {
    Comparisons(Vec<Comparison>),
    Loads(Vec<LoadResult>),
}

/// A result and its file.
type Named<'a, T> = (&'a Path, T);

impl Results {
    /// Reads the files.
    pub(super) fn read(files: &[PathBuf]) -> Result<Results> {
        let (mut comparisons, mut loads) = (Vec::new(), Vec::new());
        let (logs, results): (Vec<_>, Vec<_>) =
            files.iter().cloned().partition(|file| is_log(file));
        if let Some(first) = logs.first() {
            loads.push((first.as_path(), merged(&logs)?));
        }
        for file in &results {
            let text = text(file).with_context(|| format!("RESULT: {}", file.display()))?;
            let read = if is_load(&text) {
                load::result_file::parse(&text).map(|result| loads.push((file.as_path(), result)))
            } else {
                let parsed = experiment::result_file::parse(&text);
                parsed.map(|result| comparisons.push((file.as_path(), result)))
            };
            read.with_context(|| format!("RESULT: {}", file.display()))?;
        }
        if let (Some((comparison, _)), Some((load, _))) = (comparisons.first(), loads.first()) {
            bail!(
                "RESULT: expected results of one kind, got a comparison in {} and a load run in {}; make a report of each",
                comparison.display(),
                load.display()
            );
        }
        if loads.is_empty() {
            check_alike(&comparisons, difference_of_comparisons)?;
            let by_time = in_order(comparisons, |one| one.environment.started_unix_s);
            return Ok(Results::Comparisons(by_time));
        }
        check_shards(&loads)?;
        check_alike(&loads, difference_of_loads)?;
        loads.iter().for_each(note_invalid);
        let by_time = in_order(loads, |one| one.environment.started_unix_s);
        Ok(Results::Loads(by_time))
    }
}

/// Whether a file is an interval log, not a result: by its name or its first byte.
fn is_log(file: &Path) -> bool {
    // A byte that is read from a pipe is gone.
    let is_regular = fs::metadata(file).is_ok_and(|file| file.is_file());
    let is_named_so = file
        .extension()
        .is_some_and(|extension| extension == "hlog");
    let mut first = [0];
    let begins = is_regular.then(|| File::open(file)?.read_exact(&mut first));
    is_named_so || matches!(begins, Some(Ok(()))) && first == *b"#"
}

/// The text of a file that may be a result.
fn text(file: &Path) -> Result<String> {
    let expected = "expected a result that `--result` wrote, or an interval log (`--hlog`), got";
    if file.is_dir() {
        let name = file.display();
        bail!("{expected} a folder; its logs are {name}/*.hlog, its results {name}/*.json");
    }
    let bytes = fs::read(file)?;
    match bytes.as_slice() {
        [] => bail!("{expected} an empty file"),
        [0x1f, 0x8b, ..] => {
            bail!("{expected} a file that is compressed with gzip; unpack it first")
        }
        _ => {}
    }
    let text = String::from_utf8(bytes).ok();
    let text = text.filter(|text| !text.contains('\0'));
    text.ok_or_else(|| anyhow!("{expected} a binary file"))
}

/// Says on standard error why the figures of a load run cannot be used. The page shows it too, and is made all the same.
fn note_invalid((file, result): &Named<'_, LoadResult>) {
    let reasons = result.verdict.reasons.iter();
    let invalid = reasons.filter(|issue| issue.severity == Validity::Invalid);
    let invalid: Vec<_> = invalid.map(|issue| issue.message.clone()).collect();
    output::note_first(
        &format!("{}: invalid measurement", file.display()),
        &invalid,
    );
}

/// The load of all processes whose logs these are, as one result.
fn merged(logs: &[PathBuf]) -> Result<LoadResult> {
    let options = MergeOptions {
        environment: environment::environment(None),
        ..MergeOptions::default()
    };
    let merged = merge_files(logs, options).context("RESULT")?;
    Ok(merged.result)
}

/// Whether a document is the result of a load run, or at least looks more like one than like a comparison.
fn is_load(text: &str) -> bool {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    document.get("schema_version").is_some() && document.get("cells").is_none()
}

/// Refuses results of several shards: their figures do not add up, and a line through them would be no trend.
fn check_shards(results: &[Named<'_, LoadResult>]) -> Result<()> {
    let part = |result: &LoadResult| match result.asked.shard {
        Some(shard) => format!("of {shard}"),
        None => "of a whole load".to_owned(),
    };
    let Some((first_file, first)) = results.first() else {
        return Ok(());
    };
    let other = results
        .iter()
        .find(|(_, one)| one.asked.shard != first.asked.shard);
    if let Some((file, other)) = other {
        bail!(
            "RESULT: expected results of one part of a load, got {} {} and {} {}; `flagpole report` adds up the interval logs of \
             shards (`load --hlog`)",
            first_file.display(),
            part(first),
            file.display(),
            part(other)
        );
    }
    Ok(())
}

/// Refuses results of different experiments.
fn check_alike<T>(
    results: &[Named<'_, T>],
    difference: fn(&T, &T) -> Option<String>,
) -> Result<()> {
    let Some(((first_file, first), others)) = results.split_first() else {
        return Ok(());
    };
    for (file, other) in others {
        if let Some(difference) = difference(first, other) {
            bail!(
                "RESULT: expected results of one experiment, got {} and {}, which differ in {difference}; make a report of each",
                first_file.display(),
                file.display()
            );
        }
    }
    Ok(())
}

/// The oldest first; those of one second stay in the order of the command line.
fn in_order<T>(mut results: Vec<Named<'_, T>>, start: fn(&T) -> u64) -> Vec<T> {
    results.sort_by_key(|(_, result)| start(result));
    results.into_iter().map(|(_, result)| result).collect()
}
