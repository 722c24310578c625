//! wrk, the load generator.

use crate::cpu_time;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

pub(crate) const CONNECTIONS: usize = 64;

/// What a server achieved in one round.
#[derive(Clone, Copy, Default)]
pub(crate) struct Load {
    requests: f64,
    seconds: f64,
    cpu: Duration,
}

impl Load {
    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests / self.seconds
    }

    /// Processor time of the server per request, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests
    }

    pub(crate) fn add(&mut self, other: &Load) {
        self.requests += other.requests;
        self.seconds += other.seconds;
        self.cpu += other.cpu;
    }
}

/// Whether wrk is installed.
pub(crate) fn is_installed() -> bool {
    Command::new("wrk").arg("-v").output().is_ok()
}

/// Sends requests for `path` for some seconds to the server with this process and its children.
pub(crate) fn load(address: SocketAddr, path: &str, pid: u32, seconds: usize) -> Load {
    let before = cpu_time::process_tree(pid);
    let threads = available_parallelism().map_or(1, Into::into);
    let output = Command::new("wrk")
        .arg(format!("-t{}", threads.min(CONNECTIONS)))
        .arg(format!("-c{CONNECTIONS}"))
        .arg(format!("-d{seconds}s"))
        .arg(format!("http://{address}{path}"))
        .output()
        .expect("it is installed");
    let cpu = cpu_time::process_tree(pid).saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout);
    let has_failed = text.contains("Non-2xx") || text.contains("Socket errors");
    assert!(output.status.success() && !has_failed, "{text}");
    let number = |label: &str, is_after: bool| {
        let (before, after) = text.split_once(label)?;
        let mut words = if is_after { after } else { before }.split_whitespace();
        let word = if is_after { words.next() } else { words.last() };
        word?.parse::<f64>().ok()
    };
    let requests = number("requests in", false).expect("wrk counts requests");
    let rate = number("Requests/sec:", true).expect("wrk prints a rate");
    Load {
        requests,
        seconds: requests / rate,
        cpu,
    }
}

/// The length of the body of a response, which must have the status 200.
pub(crate) fn body_length(address: SocketAddr, path: &str) -> usize {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut response = Vec::new();
    let mut stream = TcpStream::connect(address).expect("the server is running");
    stream.write_all(request.as_bytes()).expect("it reads");
    stream
        .read_to_end(&mut response)
        .expect("it closes the connection");
    assert!(response.starts_with(b"HTTP/1.1 200 "), "{address}{path}");
    let head = response.windows(4).position(|window| window == b"\r\n\r\n");
    response.len() - head.expect("a response has a head") - 4
}
