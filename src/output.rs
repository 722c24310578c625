//! Writes results to standard output, and notes and errors to standard error.

use crate::visible::visible;
use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::validity::Validity;
use serde::Serialize;
use std::fs::Metadata;
use std::io::{self, Write};
use std::path::Path;

/// Writes the result to standard output. A reader that closed the pipe is not an error.
pub(crate) fn result(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the result")
        }
        _ => Ok(()),
    }
}

/// Rejects `-`, which means standard output elsewhere, as the file of an option.
pub(crate) fn check_is_no_dash(option: &str, path: &Path) -> Result<()> {
    if path == "-" {
        bail!(
            "{option}: expected a file (standard output carries the result), got `-`; for a file of that name use `./-`"
        );
    }
    Ok(())
}

/// A CSV document as in RFC 4180, but with LF line ends: the header, then a line for each row, which is a tuple.
pub(crate) fn csv(header: &str, rows: impl IntoIterator<Item = impl Serialize>) -> Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(header.split(','))?;
    rows.into_iter().try_for_each(|row| csv.serialize(row))?;
    Ok(String::from_utf8(csv.into_inner()?)?)
}

/// Writes a line to standard error and ignores write errors (`eprintln!` would panic). Colours are removed if standard
/// error is not a terminal, or `NO_COLOR` is set.
pub(crate) fn note(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Writes an error to standard error. What users and programs wrote cannot control the terminal.
pub(crate) fn error(sentence: &str) {
    note(&format!("flagpole: {}", visible(sentence)));
}

/// Prints each error to standard error; returns whether there were errors.
pub(crate) fn report_errors<const N: usize>(results: [Result<()>; N]) -> bool {
    let mut has_failed = false;
    for failure in results.into_iter().filter_map(Result::err) {
        error(&format!("{failure:#}"));
        has_failed = true;
    }
    has_failed
}

/// Writes the first of these reasons to standard error, and how many others there are: the result has them all.
pub(crate) fn note_first(what: &str, reasons: &[String]) {
    let others = match reasons.len() {
        0 => return,
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    error(&format!("{what}: {}{others}", reasons[0]));
}

/// The word for a validity, in colour.
pub(crate) fn coloured(validity: Validity) -> String {
    let colour = match validity {
        Validity::Valid => AnsiColor::Green,
        Validity::Suspect => AnsiColor::Yellow,
        Validity::Invalid => AnsiColor::Red,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    format!("{style}{validity}{style:#}")
}

/// Standard output or standard error, and whether it is standard output, if the file is the same (`/dev/stdout`). A
/// second open file would have its own offset, so that both would overwrite each other.
#[cfg(unix)]
pub(crate) fn standard_stream(file: &Metadata) -> Option<(Box<dyn Write + Send>, bool)> {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt as _;
    let identity = |data: &Metadata| (data.dev(), data.ino());
    // A stream that cannot be examined, because it is closed, is not the file.
    let is_file = |stream: &dyn AsFd| {
        let stream = stream.as_fd().try_clone_to_owned().map(File::from);
        let stream = stream.and_then(|stream| stream.metadata());
        stream.is_ok_and(|stream| identity(&stream) == identity(file))
    };
    if is_file(&io::stdout()) {
        Some((Box::new(io::stdout()), true))
    } else if is_file(&io::stderr()) {
        Some((Box::new(io::stderr()), false))
    } else {
        None
    }
}

#[cfg(not(unix))]
pub(crate) fn standard_stream(_file: &Metadata) -> Option<(Box<dyn Write + Send>, bool)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_surrounds_the_word() {
        let text = coloured(Validity::Invalid);
        assert!(text.starts_with("\u{1b}[1m"), "{text:?}");
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "INVALID");
    }
}
