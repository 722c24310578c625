//! The destination of `--journal`.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_server::{Journal, JournalWriter};
use std::convert::Infallible;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

/// What remains of a journal until its end; nothing without a journal.
pub(super) struct JournalEnd(Option<Destination>);

struct Destination {
    writer: JournalWriter,
    /// Whether the lines go to standard output, so that text for people must not.
    is_stdout: bool,
    /// On standard output lines wait until this is dropped: the line that the server is ready comes first.
    begin: Option<Sender<Infallible>>,
}

/// Opens a file, or standard output for `-`. The end comes when all clones of the journal are dropped.
pub(super) fn open(path: Option<&Path>) -> Result<(Option<Journal>, JournalEnd)> {
    let Some(path) = path else {
        return Ok((None, JournalEnd(None)));
    };
    let refused = |error: io::Error| anyhow!("--journal: {}: {error}", path.display());
    let (sink, is_stdout) = sink(path).map_err(refused)?;
    let (sender, begin) = mpsc::channel();
    let begin = is_stdout.then_some(begin);
    let (journal, writer) = Journal::new(LaterSink { begin, sink }).map_err(refused)?;
    let destination = Destination {
        writer,
        is_stdout,
        begin: Some(sender),
    };
    Ok((Some(journal), JournalEnd(Some(destination))))
}

impl JournalEnd {
    /// Whether the lines go to standard output.
    pub(super) fn is_on_stdout(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.is_stdout)
    }

    /// Lets lines on standard output begin.
    pub(super) fn begin(&mut self) {
        if let Some(destination) = &mut self.0 {
            destination.begin = None;
        }
    }

    /// Waits until the journal is written, for at most `grace`; all servers must have stopped.
    pub(super) fn finish(self, grace: Duration) -> ExitStatus {
        let Some(Destination { writer, .. }) = self.0 else {
            return ExitStatus::Success;
        };
        let written = writer.finish(grace);
        let written = written.map_err(|error| anyhow!("--journal: incomplete: {error}"));
        ExitStatus::from_failed(output::report_errors([written]))
    }
}

/// A sink of which the first write waits until the sender is dropped.
struct LaterSink {
    begin: Option<Receiver<Infallible>>,
    sink: Box<dyn Write + Send>,
}

impl Write for LaterSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(begin) = self.begin.take() {
            // Nothing is ever sent: the wait ends with the sender.
            let _ = begin.recv();
        }
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
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
