//! Answers requests one after another, each on a new connection: enough for a collector that asks now and then.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks for a connection.
const POLL: Duration = Duration::from_millis(20);

/// A request must arrive, and its response be taken, within this time.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 8 << 10;

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until the run is over.
pub(super) fn respond(listener: &TcpListener, is_over: &AtomicBool, text: impl Fn() -> String) {
    while !is_over.load(Ordering::Relaxed) {
        match listener.accept() {
            // A peer that leaves is no error.
            Ok((stream, _)) => drop(answer(stream, &text)),
            Err(_) => thread::sleep(POLL),
        }
    }
}

fn answer(mut stream: TcpStream, text: impl Fn() -> String) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let head = read_head(&mut stream)?;
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next());
    let (status, body) = match (method, target) {
        (_, None) => ("400 Bad Request", String::new()),
        ("GET" | "HEAD", Some("/metrics")) => ("200 OK", text()),
        ("GET" | "HEAD", Some(_)) => ("404 Not Found", "the metrics are at /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", String::new()),
    };
    let length = body.len();
    let mut response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    if method != "HEAD" {
        response += &body;
    }
    stream.write_all(response.as_bytes())
}

/// The head of a request, as far as it arrives.
fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let deadline = Instant::now() + TIMEOUT;
    let (mut head, mut part) = (Vec::new(), [0; 1024]);
    while head.len() < MAX_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(POLL)))?;
        match stream.read(&mut part)? {
            0 => break,
            _ if left.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
            length => head.extend_from_slice(&part[..length]),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
