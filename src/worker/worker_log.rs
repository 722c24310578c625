//! The messages of a worker: lines that it shows to its user, and that the page of the master shows too.

use std::collections::VecDeque;

/// The last lines that the master's page shows: each message has all of them.
const LINE_LIMIT: usize = 50;

pub(crate) struct WorkerLog<'a> {
    write: &'a mut dyn FnMut(Severity, &str),
    lines: VecDeque<String>,
    has_new_lines: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Note,
    Warning,
}

impl<'a> WorkerLog<'a> {
    /// `write` shows a line to the user of the worker.
    pub(crate) fn new(write: &'a mut dyn FnMut(Severity, &str)) -> WorkerLog<'a> {
        WorkerLog {
            write,
            lines: VecDeque::new(),
            has_new_lines: false,
        }
    }

    pub(super) fn note(&mut self, line: &str) {
        self.add(Severity::Note, "INFO", line);
    }

    pub(super) fn warn(&mut self, line: &str) {
        self.add(Severity::Warning, "WARNING", line);
    }

    /// All lines, if there are new ones since the last call.
    pub(super) fn new_lines(&mut self) -> Option<Vec<String>> {
        let has_new_lines = std::mem::take(&mut self.has_new_lines);
        has_new_lines.then(|| self.lines.iter().cloned().collect())
    }

    fn add(&mut self, severity: Severity, level: &str, line: &str) {
        (self.write)(severity, line);
        if self.lines.len() == LINE_LIMIT {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{level}/flagpole: {line}"));
        self.has_new_lines = true;
    }
}
