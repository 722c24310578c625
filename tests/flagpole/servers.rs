//! Servers for the tests: flagpole, an external static server, an unused address; and a client that
//! writes raw requests.

use crate::harness::{DEADLINE, wait_until};
use flagpole_fixtures::Catalog;
use flagpole_protocol::Resource;
use flagpole_server::{BlockingServer, JournalEntry, Ledger, RequestEntry, RequestOutcome};
use socket2::{Domain, Socket, Type};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Starts a server with this latency and these faults (`404@5% 500@10%`); its journal keeps every
/// request.
pub(crate) fn server_with(latency: &str, faults: &str) -> BlockingServer {
    seeded_server(0, latency, faults)
}

pub(crate) fn seeded_server(seed: u64, latency: &str, faults: &str) -> BlockingServer {
    let builder = BlockingServer::builder()
        .seed(seed)
        .latency(latency.parse().unwrap())
        .journal_capacity(100_000);
    let faults = faults.split_whitespace();
    let builder = faults.fold(builder, |builder, fault| {
        builder.fault(fault.parse().unwrap())
    });
    builder.start().unwrap()
}

/// A request in the journal, and what came of it.
pub(crate) type FinishedRequest = (RequestEntry, RequestOutcome);

/// Stops a server when its requests are over; returns its ledger, and the requests in its journal.
pub(crate) fn finish(server: BlockingServer) -> (Ledger, Vec<FinishedRequest>) {
    let control = server.control();
    // A stop ends responses that hang at once, also those whose clients have left, if a busy server has not noticed that yet.
    wait_until("no request is in progress", || {
        control.ledger().in_progress() == 0
    });
    let ledger = server.shutdown(DEADLINE);
    let finished = |entry| match entry {
        JournalEntry::End { request, outcome } => Some((request, outcome)),
        _ => None,
    };
    let entries = control.journal_entries();
    (ledger, entries.into_iter().filter_map(finished).collect())
}

/// An address on which nothing listens: the port is bound while this value lives.
pub(crate) struct UnusedAddr(Socket);

impl UnusedAddr {
    pub(crate) fn new() -> UnusedAddr {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&loopback.into()).unwrap();
        UnusedAddr(socket)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }
}

/// Starts a static server of the same flags that sends no `Server-Timing` and no digests. Runs
/// until the test process ends.
pub(crate) fn start_external_server() -> String {
    let catalog = Catalog::embedded();
    start_server(move |path| {
        let resource = Resource::from_path(path);
        match resource.and_then(|resource| catalog.get(resource)) {
            Some(body) => ("200 OK", body.to_vec()),
            None => ("404 Not Found", b"no such file".to_vec()),
        }
    })
}

/// Starts a server that is not flagpole and answers every request with 503.
pub(crate) fn start_failing_server() -> String {
    start_server(|_| ("503 Service Unavailable", b"later".to_vec()))
}

/// Starts a server with this response to a path: the status and the body.
fn start_server(
    respond: impl Fn(&str) -> (&'static str, Vec<u8>) + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let respond = Arc::new(respond);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let respond = respond.clone();
            // The client may close the connection at any time.
            thread::spawn(move || serve(stream, &*respond));
        }
    });
    format!("http://{address}/")
}

fn serve(stream: TcpStream, respond: &dyn Fn(&str) -> (&'static str, Vec<u8>)) -> io::Result<()> {
    let mut peer = BufReader::new(stream);
    loop {
        let head = head(&mut peer)?;
        let Some(line) = head.first() else {
            return Ok(());
        };
        let (status, body) = respond(line.split(' ').nth(1).unwrap_or_default());
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        peer.get_mut()
            .write_all(&[head.as_bytes(), &body].concat())?;
    }
}

/// The lines of a message head; empty at the end of the connection.
pub(crate) fn head(peer: &mut BufReader<TcpStream>) -> io::Result<Vec<String>> {
    peer.lines()
        .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
        .collect()
}

fn request(header: &str) -> String {
    format!("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n{header}\r\n")
}

pub(crate) struct RawClient(BufReader<TcpStream>);

impl RawClient {
    pub(crate) fn connect(url: &str) -> RawClient {
        let authority = url.trim_start_matches("http://").trim_end_matches('/');
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        RawClient(BufReader::new(stream))
    }

    /// Requests the flag of Brazil `times` times in one write.
    pub(crate) fn send_requests(&mut self, times: usize) {
        self.write(&request("").repeat(times));
    }

    /// Requests the flag of Brazil under these request numbers in one write.
    pub(crate) fn send_numbered_requests(&mut self, numbers: &[u64]) {
        let named = |n| request(&format!("Flagpole-Nth: {n}\r\n"));
        self.write(&numbers.iter().map(named).collect::<String>());
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads this many responses without a body.
    #[cfg(unix)]
    pub(crate) fn skip_heads(&mut self, count: usize) {
        for _ in 0..count {
            assert!(!head(&mut self.0).unwrap().is_empty());
        }
    }

    /// Reads until the end of the connection, or its error.
    #[cfg(unix)]
    pub(crate) fn read_to_end(&mut self) {
        let _ = self.0.read_to_end(&mut Vec::new());
    }

    /// Reads a whole response and returns its status.
    pub(crate) fn read_status(&mut self) -> u16 {
        let head = head(&mut self.0).unwrap();
        let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap()];
        self.0.read_exact(&mut body).unwrap();
        status
    }
}
