//! The destination of `--journal`.

#[cfg(unix)]
use crate::commands::serve::fifo_sink::{FifoSink, FifoState};
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_server::{Journal, JournalWriter};
use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;
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
    #[cfg(unix)]
    fifo: Option<Arc<FifoState>>,
}

/// What became of a journal.
#[derive(Debug)]
pub(super) struct JournalResult {
    /// Whether all lines that are in the file or on standard output are whole.
    pub(super) is_whole: bool,
    /// A sentence if lines are missing.
    pub(super) error: Option<String>,
}

/// Opens a file, or standard output for `-`. The end comes when all clones of the journal are dropped.
pub(super) fn open(path: Option<&Path>) -> Result<(Option<Journal>, JournalEnd)> {
    let Some(path) = path else {
        return Ok((None, JournalEnd(None)));
    };
    let refused = |error: io::Error| anyhow!("--journal: {}: {error}", path.display());
    let sink = Sink::open(path).map_err(refused)?;
    let (sender, begin) = mpsc::channel();
    let later = LaterSink {
        begin: sink.is_stdout.then_some(begin),
        sink: sink.writer,
    };
    let (journal, writer) = Journal::new(later).map_err(refused)?;
    let destination = Destination {
        writer,
        is_stdout: sink.is_stdout,
        begin: Some(sender),
        #[cfg(unix)]
        fifo: sink.fifo,
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
    pub(super) fn finish(self, grace: Duration) -> JournalResult {
        let Some(destination) = self.0 else {
            return JournalResult {
                is_whole: true,
                error: None,
            };
        };
        #[cfg(unix)]
        if let Some(fifo) = &destination.fifo {
            fifo.end();
        }
        let written = destination.writer.finish(grace);
        let is_whole = written.is_ok();
        #[cfg(unix)]
        let is_read = destination.fifo.is_none_or(|fifo| !fifo.has_discarded());
        #[cfg(not(unix))]
        let is_read = true;
        let error = match written {
            Ok(0) if is_read => None,
            Ok(0) => Some("nothing read it".to_owned()),
            Ok(lines) => Some(format!(
                "{lines} lines were dropped, because it was too slow"
            )),
            Err(error) => Some(error.to_string()),
        };
        JournalResult {
            is_whole,
            error: error.map(|error| format!("flagpole: --journal: incomplete: {error}")),
        }
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

/// Where the lines of a journal go.
struct Sink {
    writer: Box<dyn Write + Send>,
    is_stdout: bool,
    #[cfg(unix)]
    fifo: Option<Arc<FifoState>>,
}

impl Sink {
    fn new(writer: Box<dyn Write + Send>, is_stdout: bool) -> Sink {
        Sink {
            writer,
            is_stdout,
            #[cfg(unix)]
            fifo: None,
        }
    }

    fn open(path: &Path) -> io::Result<Sink> {
        if path == "-" {
            return Ok(Sink::new(Box::new(io::stdout()), true));
        }
        if let Ok(metadata) = fs::metadata(path) {
            if let Some((stream, is_stdout)) = output::standard_stream(&metadata) {
                return Ok(Sink::new(stream, is_stdout));
            }
            #[cfg(unix)]
            if metadata.file_type().is_fifo() {
                let (sink, fifo) = FifoSink::new(path);
                let writer = Box::new(sink);
                return Ok(Sink {
                    fifo: Some(fifo),
                    ..Sink::new(writer, false)
                });
            }
        }
        // Appends, because another server may be writing to the file.
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if ends_within_a_line(path) {
            file.write_all(b"\n")?;
        }
        Ok(Sink::new(Box::new(file), false))
    }
}

/// Whether the last line of a file is torn, because the disk was full or the machine stopped. A file that cannot be read
/// counts as whole.
fn ends_within_a_line(path: &Path) -> bool {
    let last_byte = || {
        let mut file = File::open(path)?;
        // Fails for an empty file.
        file.seek(SeekFrom::End(-1))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        io::Result::Ok(byte)
    };
    fs::metadata(path).is_ok_and(|data| data.is_file())
        && last_byte().is_ok_and(|byte| byte != *b"\n")
}
