//! The last lines that a program writes to standard error.

use crate::visible::visible;
use std::io::Read;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The bytes that are kept.
const MAX_BYTES: usize = 4096;

/// The longest time to read what is in the pipe.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// The lines that are shown, and their length together in characters.
const MAX_LINES: usize = 3;
const MAX_LENGTH: usize = 300;

/// Reads standard error on a thread, so that the program never waits for a reader.
pub(super) struct StderrTail {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Disconnected when the reader has ended.
    over: Receiver<()>,
}

impl StderrTail {
    /// Starts to read. The thread ends when all processes that have inherited the pipe are gone.
    pub(super) fn start(pipe: impl Read + Send + 'static) -> StderrTail {
        let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
        let tail = bytes.clone();
        let (reader, over) = mpsc::channel();
        thread::spawn(move || {
            read(pipe, &tail);
            drop::<Sender<()>>(reader);
        });
        StderrTail { bytes, over }
    }

    /// The last lines, as one line. Called when all processes are gone, so that the pipe is over as soon as it is read.
    pub(super) fn text(&self) -> String {
        // What a process that escaped keeps open is not waited for.
        let _ = self.over.recv_timeout(READ_TIMEOUT);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        last_lines(&String::from_utf8_lossy(&bytes))
    }
}

fn read(mut pipe: impl Read, tail: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    // An error ends the reading like the end of the pipe does.
    while let Ok(length @ 1..) = pipe.read(&mut buffer) {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(&buffer[..length]);
        let excess = tail.len().saturating_sub(MAX_BYTES);
        tail.drain(..excess);
    }
}

/// The end of a text as one line, without control characters.
fn last_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let mut last: Vec<_> = lines
        .filter(|line| !line.is_empty())
        .rev()
        .take(MAX_LINES)
        .collect();
    last.reverse();
    let line = last.join(" | ");
    let escaped = visible(&line);
    let excess = escaped.chars().count().saturating_sub(MAX_LENGTH);
    if excess == 0 {
        return escaped.into_owned();
    }
    let end: String = escaped.chars().skip(excess).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_three_lines_are_one_line() {
        assert_eq!(last_lines("a\nb\n\n c \nd\n"), "b | c | d");
        assert_eq!(last_lines(""), "");
    }

    #[test]
    fn control_characters_are_escaped_and_the_length_is_bounded() {
        assert_eq!(last_lines("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(last_lines("a\u{202e}b"), "a\\u{202e}b");
        let long = last_lines(&"x".repeat(1000));
        assert_eq!(long.chars().count(), MAX_LENGTH + 1);
    }

    /// A reader that has not had the processor yet.
    #[test]
    fn text_waits_for_the_reader() {
        struct Slow(bool);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                thread::sleep(Duration::from_millis(20));
                let length = usize::from(!self.0);
                buffer[..length].fill(b'x');
                self.0 = true;
                Ok(length)
            }
        }
        assert_eq!(StderrTail::start(Slow(false)).text(), "x");
    }

    #[test]
    fn only_the_end_is_kept() {
        let tail = Mutex::default();
        let text = "0123456789".repeat(1000) + "end";
        read(text.as_bytes(), &tail);
        let bytes = tail.into_inner().unwrap();
        assert_eq!(bytes.len(), MAX_BYTES);
        assert!(bytes.ends_with(b"9end"));
    }
}
