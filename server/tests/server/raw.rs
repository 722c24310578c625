//! A client so plain that it hides nothing: bytes out, bytes in.

use flagpole_server::BlockingServer;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Far longer than anything here takes; a test that hangs is to fail instead.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub(crate) struct Raw(pub(crate) TcpStream);

/// An answer with its field names in lower case.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn to(server: &BlockingServer) -> Raw {
        let stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Raw(stream)
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, fields: &str) -> Reply {
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: flags\r\n{fields}\r\n"
        ));
        self.reply(method != "HEAD")
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "")
    }

    pub(crate) fn reply(&mut self, has_body: bool) -> Reply {
        let head = self.head();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let headers: BTreeMap<_, _> = lines.filter(|line| !line.is_empty()).map(field).collect();
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if has_body { length } else { 0 }];
        self.0.read_exact(&mut body).unwrap();
        Reply {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }
}
