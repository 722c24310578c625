//! A server that runs a script for each connection and writes raw bytes.

use flagpole_client::{
    DownloadDir, Endpoint, Run, RunError, Strategy, TransportKind, Workload, strategy,
};
use flagpole_protocol::{AttemptRecord, Outcome, RunStats};
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A correct response with a flag of one pixel.
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n\
    GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Listens on its own port until dropped.
pub(crate) struct TestServer {
    address: SocketAddr,
    log: Arc<RequestLog>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct RequestLog {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

/// A time limit that no test reaches, so that a test fails rather than hangs.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// The server's side of a connection.
pub(crate) struct ServerConnection {
    /// `None` after [`close`](ServerConnection::close).
    stream: Option<TcpStream>,
    /// The first error of a read or write. The system reports a reset only once.
    error: Option<ErrorKind>,
    log: Arc<RequestLog>,
}

impl TestServer {
    /// Runs `script` for every connection; its first argument is the connection's index, from 0.
    pub(crate) fn start(
        script: impl Fn(usize, &mut ServerConnection) + Send + Sync + 'static,
    ) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (log, stop) = (Arc::<RequestLog>::default(), Arc::<AtomicBool>::default());
        let (script, shared, stopped) = (Arc::new(script), log.clone(), stop.clone());
        let accept = move || {
            for stream in listener.incoming() {
                if stopped.load(SeqCst) {
                    break;
                }
                let (script, log) = (script.clone(), shared.clone());
                let index = log.connections.fetch_add(1, SeqCst);
                let mut connection = ServerConnection {
                    stream: Some(stream.unwrap()),
                    error: None,
                    log,
                };
                thread::spawn(move || script(index, &mut connection));
            }
        };
        TestServer {
            address,
            log,
            stop,
            thread: Some(thread::spawn(accept)),
        }
    }

    /// Responds to every request as this function of its head says.
    pub(crate) fn responding(
        respond: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> TestServer {
        TestServer::start(move |_, connection| {
            while let Some(head) = connection.request() {
                connection.send(respond(&head));
            }
        })
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.address.into()
    }

    /// The number of accepted connections.
    pub(crate) fn connections(&self) -> usize {
        self.log.connections.load(SeqCst)
    }

    /// The heads of all requests, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.log.requests.lock().unwrap().clone()
    }

    /// Downloads the flags of `codes` sequentially and returns their outcomes.
    pub(crate) fn outcomes(&self, codes: &str) -> Vec<Outcome> {
        let (_, records) = self.run("sequential", codes, |run| run).unwrap();
        records.into_iter().map(|record| record.outcome).collect()
    }

    /// Downloads the flags of `codes` by a strategy; the records are in order of completion.
    pub(crate) fn run(
        &self,
        name: &str,
        codes: &str,
        set: impl Fn(Run<'_>) -> Run<'_>,
    ) -> Result<(RunStats, Vec<AttemptRecord>), RunError> {
        let records = Mutex::new(Vec::new());
        let collect = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
        let (workload, endpoint) = (workload(codes), self.endpoint());
        let stats = by_name(name).run(&set(Run::new(&workload, &endpoint).on_record(&collect)))?;
        Ok((stats, records.into_inner().unwrap()))
    }
}

/// A strategy of each way to wait for a socket (a blocked thread and an event loop) and of each transport.
pub(crate) const EACH_DRIVER: [&str; 3] = ["sequential", "async", AsyncOverHyper::NAME];

/// Those of [`EACH_DRIVER`] with an event loop.
pub(crate) const ASYNC_DRIVERS: [&str; 2] = ["async", AsyncOverHyper::NAME];

/// `async`, whose requests are sent by the library hyper.
struct AsyncOverHyper;

impl AsyncOverHyper {
    const NAME: &str = "async over hyper";
}

impl Strategy for AsyncOverHyper {
    fn name(&self) -> &'static str {
        AsyncOverHyper::NAME
    }

    fn about(&self) -> &'static str {
        "for tests"
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        by_name("async").run(&run.clone().transport(TransportKind::Hyper))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        // Wakes the thread that accepts connections.
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Closes a connection and waits until the client's system has acknowledged the end: a busy system delivers it late.
pub(crate) fn close_acknowledged(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(LONG)).unwrap();
    drop(stream);
}

impl ServerConnection {
    fn stream(&mut self) -> &mut TcpStream {
        self.stream.as_mut().unwrap()
    }

    /// Closes the connection; the client's system knows it afterwards.
    pub(crate) fn close(&mut self) {
        close_acknowledged(self.stream.take().unwrap());
    }

    /// Waits for the head of a request; `None` at the end of the connection.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.read(&mut byte) == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        self.log.requests.lock().unwrap().push(head.clone());
        Some(head)
    }

    /// Writes; fails silently if the client has closed the connection.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let written = self.stream().write_all(bytes.as_ref());
        self.keep_error(written.err());
    }

    /// Reads a request and sends [`OK`].
    pub(crate) fn serve(&mut self) {
        if self.request().is_some() {
            self.send(OK);
        }
    }

    /// Closes the sending side (FIN), and waits until the client has closed too.
    pub(crate) fn fin(&mut self) {
        let _ = self.stream().shutdown(Shutdown::Write);
        self.hang();
    }

    /// Closes the sending side (FIN) without waiting.
    pub(crate) fn half_close(&mut self) {
        self.stream().shutdown(Shutdown::Write).unwrap();
    }

    /// Resets the connection at the end of the script.
    pub(crate) fn reset(&mut self) {
        SockRef::from(&*self.stream())
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// Sends nothing more until the client has closed the connection.
    pub(crate) fn hang(&mut self) {
        while self.read(&mut [0; 1024]) > 0 {}
    }

    /// Reads this number of bytes after a head.
    pub(crate) fn content(&mut self, length: usize) -> Vec<u8> {
        let mut content = vec![0; length];
        let read = self.stream().read_exact(&mut content);
        self.keep_error(read.err());
        content
    }

    /// Whether a read or write has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// Waits until the client has closed the connection, without reading.
    pub(crate) fn wait_until_closed(&mut self) {
        while !self.has_failed() {
            thread::sleep(Duration::from_millis(5));
            let error = self.stream().take_error().unwrap();
            self.keep_error(error);
        }
    }

    /// Waits until the client closes the connection; `None` if it did so by a FIN.
    pub(crate) fn wait_for_end(&mut self) -> Option<ErrorKind> {
        if self.error.is_none() {
            self.hang();
        }
        self.error
    }

    /// Reads; 0 at the end of the connection.
    fn read(&mut self, buffer: &mut [u8]) -> usize {
        let read = self.stream().read(buffer);
        let (amount, error) = read.map_or_else(|error| (0, Some(error)), |amount| (amount, None));
        self.keep_error(error);
        amount
    }

    fn keep_error(&mut self, error: Option<io::Error>) {
        self.error = self.error.or(error.map(|error| error.kind()));
    }
}

/// The flags of these codes, which are separated by spaces.
pub(crate) fn workload(codes: &str) -> Workload {
    Workload::flags(codes.split(' ').map(|code| code.parse().unwrap()))
}

pub(crate) fn by_name(name: &str) -> &'static dyn Strategy {
    if name == AsyncOverHyper::NAME {
        return &AsyncOverHyper;
    }
    strategy::by_name(name).unwrap()
}

/// The code of the requested flag, in upper case: `BR`.
pub(crate) fn code(head: &str) -> String {
    let path = head.split(' ').nth(1).unwrap();
    path.rsplit('/').nth(1).unwrap().to_ascii_uppercase()
}

/// The number of the request (`Flagpole-Nth`) in a named run.
pub(crate) fn request_number(head: &str) -> u64 {
    let value = head.split("flagpole-nth: ").nth(1).unwrap();
    value.split("\r\n").next().unwrap().parse().unwrap()
}

/// A download folder that is never dropped, so that closures can borrow it.
pub(crate) fn destination(folder: &Path) -> &'static DownloadDir {
    Box::leak(Box::new(DownloadDir::prepare(folder).unwrap()))
}
