//! A client that sends requests when they arrive, whatever the responses take (an open model). Connections are opened
//! beforehand and reused.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

const REQUEST: &[u8] = b"GET /flags/br/br.gif HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// More than the length of a response.
const BUFFER: usize = 16 << 10;

/// After the last arrival, all responses must have come within this time.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The times of a Poisson process, from its start.
pub(super) fn poisson(rate: f64, seconds: f64, seed: u64) -> impl Iterator<Item = Duration> + Send {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut time = 0.0;
    let next = move || {
        // Gaps are exponentially distributed; the argument is above 0.
        time -= (1.0 - rng.random::<f64>()).ln() / rate;
        (time < seconds).then(|| Duration::from_secs_f64(time))
    };
    std::iter::from_fn(next)
}

/// Connections to a server, with the thread that reads from them.
pub(super) struct OpenClient {
    runtime: Runtime,
    idle: Receiver<Arc<TcpStream>>,
    connections: usize,
}

impl OpenClient {
    pub(super) fn connect(address: SocketAddr, connections: usize) -> OpenClient {
        let runtime = Builder::new_current_thread().enable_io().build();
        let runtime = runtime.expect("the runtime can be built");
        let (sender, idle) = mpsc::channel();
        runtime.block_on(async {
            for _ in 0..connections {
                let stream = TcpStream::connect(address).await;
                let stream = Arc::new(stream.expect("the server accepts connections"));
                tokio::spawn(read_responses(stream, sender.clone()));
            }
        });
        OpenClient {
            runtime,
            idle,
            connections,
        }
    }

    /// Sends a request at each of these times, and returns their number when all responses have come.
    pub(super) fn send(self, arrivals: impl Iterator<Item = Duration> + Send + 'static) -> u64 {
        let (idle, connections) = (self.idle, self.connections);
        let sender = move || {
            let requests = send(&idle, arrivals);
            for _ in 0..connections {
                let returned = idle.recv_timeout(DRAIN_TIMEOUT);
                returned.expect("every response comes");
            }
            requests
        };
        let sent = self.runtime.block_on(self.runtime.spawn_blocking(sender));
        sent.expect("the thread that sends does not panic")
    }
}

fn send(idle: &Receiver<Arc<TcpStream>>, arrivals: impl Iterator<Item = Duration>) -> u64 {
    let start = Instant::now();
    let mut requests = 0;
    for time in arrivals {
        if let Some(wait) = (start + time).checked_duration_since(Instant::now()) {
            thread::sleep(wait);
        }
        let connection = idle.recv_timeout(DRAIN_TIMEOUT);
        let connection = connection.expect("a connection becomes idle");
        let written = connection.try_write(REQUEST);
        let written = written.expect("the buffer of an idle connection is empty");
        assert_eq!(written, REQUEST.len());
        requests += 1;
    }
    requests
}

/// Announces the connection as idle at first and after every response.
async fn read_responses(connection: Arc<TcpStream>, idle: Sender<Arc<TcpStream>>) {
    let mut buffer = vec![0; BUFFER];
    // The receiver is dropped once all responses have come.
    while idle.send(connection.clone()).is_ok() {
        let mut filled = 0;
        while !is_complete(&buffer[..filled]) {
            connection.readable().await.expect("the server is running");
            match connection.try_read(&mut buffer[filled..]) {
                Ok(0) => panic!("the server closed a connection"),
                Ok(length) => filled += length,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Whether this is a whole response, by its `Content-Length`.
fn is_complete(response: &[u8]) -> bool {
    let Some(head) = response.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let text = str::from_utf8(&response[..head]).expect("a head is ASCII");
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length: usize = length
        .and_then(|value| value.parse().ok())
        .expect("it has a length");
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    response.len() >= head + 4 + length
}
