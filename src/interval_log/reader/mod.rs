//! Reads interval logs line by line, in memory that does not depend on their length.
//!
//! Lines before the first head of a process are those of another program. After it, the lines of an interval count when the
//! comment that ends it has come: what is cut off is left out. Everything else that does not fit is an error with its file and
//! line.

mod event;
mod histogram_line;
mod lines;
mod pending_lines;
mod state;
#[cfg(test)]
mod tests;
mod time_base;

pub(crate) use event::{ForeignHistogram, LogEvent};

use self::lines::Lines;
use self::state::State;
use anyhow::{Error, Result, anyhow, bail};
use std::io::BufRead;

/// Reads a log: an iterator of what it says, which ends at the first error.
pub(crate) struct LogReader<R> {
    name: String,
    lines: Lines<R>,
    state: State,
    /// Whether any line was one of a log.
    is_log: bool,
    has_ended: bool,
}

impl<R: BufRead> LogReader<R> {
    /// Reads this input, which errors name so.
    pub(crate) fn new(name: &str, input: R) -> LogReader<R> {
        LogReader {
            name: name.to_owned(),
            lines: Lines::new(input),
            state: State::default(),
            is_log: false,
            has_ended: false,
        }
    }

    fn read(&mut self) -> Result<Option<LogEvent>> {
        loop {
            let line = self.lines.next();
            let Some((number, line)) = line.map_err(|(line, text)| at(&self.name, line, &text))?
            else {
                if !self.is_log {
                    bail!("{}: expected an interval log, got an empty file", self.name);
                }
                return Ok(self.cut_off());
            };
            match self.state.line(number, line.text) {
                Ok(event) => {
                    self.is_log |= !line.text.trim().is_empty();
                    if event.is_some() {
                        return Ok(event);
                    }
                }
                // The last line of a program that was killed.
                Err(_) if !line.is_ended && self.is_log => {
                    return Ok(self.cut_off().or(Some(LogEvent::CutOff { line: number })));
                }
                Err((line, message)) => return Err(at(&self.name, line, &message)),
            }
        }
    }

    /// The lines of an interval that is not whole.
    fn cut_off(&mut self) -> Option<LogEvent> {
        let line = self.state.pending.first_line()?;
        self.state.pending.clear();
        Some(LogEvent::CutOff { line })
    }
}

impl<R: BufRead> Iterator for LogReader<R> {
    type Item = Result<LogEvent>;

    fn next(&mut self) -> Option<Result<LogEvent>> {
        if self.has_ended {
            return None;
        }
        let event = self.read().transpose();
        self.has_ended = !matches!(event, Some(Ok(_)));
        event
    }
}

/// An error with its place.
fn at(name: &str, line: u64, message: &str) -> Error {
    anyhow!("{name}:{line}: {message}")
}
