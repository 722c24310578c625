//! The destination of `--journal`.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_server::{Journal, JournalWriter};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// What remains of a journal, if there is one, until its end: the writer, and whether the lines go to standard output,
/// so that all other text must not.
pub(super) struct JournalEnd(Option<(JournalWriter, bool)>);

/// Opens a file, or standard output for `-`. The end comes when all clones of the journal are dropped.
pub(super) fn open(path: Option<&Path>) -> Result<(Option<Journal>, JournalEnd)> {
    let Some(path) = path else {
        return Ok((None, JournalEnd(None)));
    };
    let refused = |error: io::Error| anyhow!("--journal: {}: {error}", path.display());
    let (sink, is_stdout) = sink(path).map_err(refused)?;
    let (journal, writer) = Journal::new(sink).map_err(refused)?;
    Ok((Some(journal), JournalEnd(Some((writer, is_stdout)))))
}

impl JournalEnd {
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
    let standard = output::standard_stream(&file)?;
    Ok(standard.unwrap_or((Box::new(file), false)))
}
