//! The destination of `--journal`.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_server::{Journal, JournalWriter};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// An open journal.
pub(super) struct JournalFile {
    pub(super) journal: Journal,
    writer: JournalWriter,
    /// Whether the lines go to standard output, so that all other text must not.
    is_stdout: bool,
}

/// What remains of a journal until its end.
pub(super) struct JournalEnd(Option<(JournalWriter, bool)>);

impl JournalFile {
    /// Opens a file, or standard output for `-`.
    pub(super) fn open(path: &Path) -> Result<JournalFile> {
        let refused = |error: io::Error| anyhow!("--journal: {}: {error}", path.display());
        let (sink, is_stdout) = sink(path).map_err(refused)?;
        let (journal, writer) = Journal::new(sink).map_err(refused)?;
        Ok(JournalFile {
            journal,
            writer,
            is_stdout,
        })
    }
}

impl JournalEnd {
    pub(super) fn new(file: Option<JournalFile>) -> JournalEnd {
        JournalEnd(file.map(|file| (file.writer, file.is_stdout)))
    }

    /// Prints a text for people to standard output, or to standard error if the journal has standard output.
    pub(super) fn print(&self, text: &str) -> Result<()> {
        if matches!(self.0, Some((_, true))) {
            output::note(text.trim_end());
            return Ok(());
        }
        output::result(text)
    }

    /// Waits until the journal is written, for at most `grace`; all servers must have stopped.
    pub(super) fn finish(self, grace: Duration) -> ExitStatus {
        let Some((writer, _)) = self.0 else {
            return ExitStatus::Success;
        };
        let written = writer.finish(grace);
        let written = written.map_err(|error| anyhow!("--journal: incomplete: {error}"));
        ExitStatus::from_failed(output::report_errors([written]))
    }
}

fn sink(path: &Path) -> io::Result<(Box<dyn Write + Send>, bool)> {
    if path == "-" {
        return Ok((Box::new(io::stdout()), true));
    }
    // Appends, because another server may be writing to the file.
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let standard = standard_stream(&file)?;
    Ok(standard.unwrap_or((Box::new(file), false)))
}

/// Standard output or standard error, and whether it is standard output, if the file is the same (`/dev/stdout`). An
/// open file of its own would have an offset of its own, so that lines and ledger would overwrite each other.
#[cfg(unix)]
fn standard_stream(file: &File) -> io::Result<Option<(Box<dyn Write + Send>, bool)>> {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt as _;
    let identity = |file: &File| file.metadata().map(|data| (data.dev(), data.ino()));
    let identity_of_file = identity(file)?;
    // A stream that cannot be examined, because it is closed, is not the file.
    let is_file = |stream: &dyn AsFd| {
        let stream = stream.as_fd().try_clone_to_owned().map(File::from);
        stream.and_then(|stream| identity(&stream)).ok() == Some(identity_of_file)
    };
    Ok(if is_file(&io::stdout()) {
        Some((Box::new(io::stdout()), true))
    } else if is_file(&io::stderr()) {
        Some((Box::new(io::stderr()), false))
    } else {
        None
    })
}

#[cfg(not(unix))]
fn standard_stream(_file: &File) -> io::Result<Option<(Box<dyn Write + Send>, bool)>> {
    Ok(None)
}
