//! A client that measures the time of each answer, on one kept connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection to one server.
pub(super) struct AnswerClient {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// A successful answer.
pub(super) struct Answer {
    /// From the first byte of the request to the last of the answer.
    pub(super) time: Duration,
    pub(super) body: Vec<u8>,
}

impl AnswerClient {
    pub(super) fn connect(address: SocketAddr) -> AnswerClient {
        let stream = TcpStream::connect(address).expect("the server is running");
        stream.set_nodelay(true).expect("it is a TCP socket");
        AnswerClient {
            address,
            stream: BufReader::with_capacity(1 << 16, stream),
        }
    }

    /// Requests `path` and reads the answer, whose status must be 200.
    pub(super) fn get(&mut self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        let start = Instant::now();
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        sent.expect("the server reads");
        let status = self.read_line();
        assert!(status.starts_with("HTTP/1.1 200 "), "{path}: {status}");
        let mut length = None;
        loop {
            let line = self.read_line().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok(),
                Some(_) => {}
                None => break,
            }
        }
        let body = match length {
            Some(length) => self.read(length),
            None => self.read_chunks(),
        };
        Answer {
            time: start.elapsed(),
            body,
        }
    }

    fn read_chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.read_line(), 16);
            let length = length.expect("the body is chunked");
            let chunk = self.read(length + 2);
            if length == 0 {
                return body;
            }
            body.extend_from_slice(&chunk[..length]);
        }
    }

    fn read(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.stream
            .read_exact(&mut body)
            .expect("the body is whole");
        body
    }

    /// A line without its end.
    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stream
            .read_line(&mut line)
            .expect("the server answers");
        line.trim_end().to_owned()
    }
}
