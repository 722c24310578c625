//! The lines of a file, one at a time and of bounded length.

use super::pending_lines::LineError;
use std::io::{BufRead, Read as _};

/// More than any line of a log has: a histogram takes at most some 350 KB, the head of a process with 100,000 targets 10 MB.
pub(super) const MAX_LINE: u64 = 16 << 20;

/// Stands for a line that ends within a character: no line of a log.
const CUT_OFF: &str = "?";

/// Reads lines into one buffer.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// The number of the current line, from 1.
    number: u64,
    max: u64,
}

/// A line without its end.
pub(super) struct TextLine<'a> {
    pub(super) text: &'a str,
    /// Whether it had an end: the last one of a file may be cut off.
    pub(super) is_ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Lines<R> {
        Lines {
            input,
            buffer: Vec::new(),
            number: 0,
            max: MAX_LINE,
        }
    }

    /// The next line with its number; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, TextLine<'_>)>, LineError> {
        self.buffer.clear();
        self.number += 1;
        let number = self.number;
        let at = |message| (number, message);
        let mut limited = self.input.by_ref().take(self.max);
        let length = limited.read_until(b'\n', &mut self.buffer);
        let length = length.map_err(|error| at(format!("cannot be read: {error}")))?;
        if length == 0 {
            return Ok(None);
        }
        if length as u64 == self.max {
            let message = format!("expected a line of fewer than {} bytes", self.max);
            return Err(at(message));
        }
        if number == 1 {
            check_start(&self.buffer).map_err(at)?;
        }
        let is_ended = self.buffer.ends_with(b"\n");
        let text = match str::from_utf8(&self.buffer) {
            Ok(text) => text,
            // A line that is cut off may end within a character.
            Err(error) if !is_ended && error.error_len().is_none() => CUT_OFF,
            Err(_) => return Err(at("expected text, got bytes that are not UTF-8".to_owned())),
        };
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Ok(Some((number, TextLine { text, is_ended })))
    }
}

/// Recognises other files by their first line.
fn check_start(line: &[u8]) -> Result<(), String> {
    let start = line.trim_ascii_start();
    let found = match start {
        [0x1f, 0x8b, ..] => {
            "a file that is compressed with gzip; `gunzip -c FILE | flagpole merge -` reads it"
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "a file that is compressed with zstd; unpack it first",
        [b'{' | b'[', ..] => "JSON; `flagpole report` reads results",
        [b'<', ..] => "HTML or XML",
        _ if line.contains(&0) => "a binary file",
        _ => return Ok(()),
    };
    Err(format!("expected an interval log, got {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Result<Vec<(String, bool)>, String> {
        let mut lines = Lines::new(input);
        lines.max = 100;
        let mut all = Vec::new();
        while let Some((_, line)) = lines.next().map_err(|(_, message)| message)? {
            all.push((line.text.to_owned(), line.is_ended));
        }
        Ok(all)
    }

    #[test]
    fn lines_end_as_on_any_system_or_with_the_file() {
        let lines = read(b"a\nb\r\n\nc").unwrap();
        let lines: Vec<_> = lines
            .iter()
            .map(|(text, ended)| (text.as_str(), *ended))
            .collect();
        assert_eq!(lines, [("a", true), ("b", true), ("", true), ("c", false)]);
    }

    #[test]
    fn line_without_an_end_takes_bounded_memory() {
        let endless = vec![b'a'; 1000];
        assert!(read(&endless).unwrap_err().contains("fewer than 100"));
        assert_eq!(read(&endless[..99]).unwrap().len(), 1);
    }

    #[test]
    fn other_files_are_named() {
        for (input, name) in [
            (&b"\x1f\x8b\x08"[..], "gzip"),
            (b"  {\"schema_version\": 1}", "JSON"),
            (b"<!DOCTYPE html>", "HTML"),
            (b"\x7fELF\0", "binary"),
            (b"a\xff\n", "UTF-8"),
        ] {
            let error = read(input).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }
}
