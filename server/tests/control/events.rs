//! A reader of server-sent events.

use crate::call::DEADLINE;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A stream that is being read.
pub(crate) struct Events {
    pub(crate) head: String,
    lines: BufReader<TcpStream>,
}

impl Events {
    /// Opens the stream of a live page.
    pub(crate) fn open(address: SocketAddr) -> Events {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = "GET /live/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut events = Events {
            head: String::new(),
            lines: BufReader::new(stream),
        };
        loop {
            let line = events.line().expect("a whole head");
            if line == "\r\n" {
                return events;
            }
            events.head += &(line.trim_end().to_owned() + "\n");
        }
    }

    /// The name and the data of the next event; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<(String, Value)> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let line = self.line()?;
            if let Some(text) = line.strip_prefix("event: ") {
                text.trim_end().clone_into(&mut name);
            } else if let Some(text) = line.strip_prefix("data: ") {
                data += text;
            } else if line == "\n" && !name.is_empty() {
                return Some((name, serde_json::from_str(&data).unwrap()));
            }
            // Lines of the framing end with CRLF, and `retry` is no line of an event.
        }
    }

    /// The data of the next event with this name.
    pub(crate) fn next_of(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.next().expect("the stream goes on");
            if name == wanted {
                return data;
            }
        }
    }

    /// The next line, with its end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).unwrap_or(0);
        (length > 0).then_some(line)
    }
}
