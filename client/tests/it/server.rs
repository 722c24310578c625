//! A server in raw bytes: a script says, for each connection, what it reads and writes.

use flagpole_client::{DownloadDir, Endpoint, Run, RunError, Strategy, Workload, strategy};
use flagpole_protocol::{AttemptRecord, Outcome, RunStats};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The answer of a server that has nothing to hide.
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n\
    GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Listens on a port of its own until dropped.
pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Log>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Log {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

/// One connection, from the server's side.
pub(crate) struct Peer {
    stream: TcpStream,
    log: Arc<Log>,
}

impl Server {
    /// Runs `script` for every connection; its first argument counts them from 0.
    pub(crate) fn start(script: impl Fn(usize, &mut Peer) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (log, stop) = (Arc::<Log>::default(), Arc::<AtomicBool>::default());
        let (script, shared, stopped) = (Arc::new(script), log.clone(), stop.clone());
        let accept = move || {
            for stream in listener.incoming() {
                if stopped.load(SeqCst) {
                    break;
                }
                let (script, log) = (script.clone(), shared.clone());
                let nth = log.connections.fetch_add(1, SeqCst);
                let mut peer = Peer {
                    stream: stream.unwrap(),
                    log,
                };
                thread::spawn(move || script(nth, &mut peer));
            }
        };
        Server {
            address,
            log,
            stop,
            thread: Some(thread::spawn(accept)),
        }
    }

    /// Answers every request, on every connection, by its head.
    pub(crate) fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
        Server::start(move |_, peer| {
            while let Some(head) = peer.request() {
                peer.send(answer(&head));
            }
        })
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.address.into()
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.log.connections.load(SeqCst)
    }

    /// The heads of all requests, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.log.requests.lock().unwrap().clone()
    }

    /// Downloads the flags of `codes` one after the other, and returns how each went.
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
        let keep = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
        let (plan, endpoint) = (plan(codes), self.endpoint());
        let tally = by_name(name).run(&set(Run::new(&plan, &endpoint).on_record(&keep)))?;
        Ok((tally, records.into_inner().unwrap()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        // The listener looks up when somebody knocks.
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Peer {
    /// Waits for the head of a request; `None` at the end of the connection.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte).unwrap_or(0) == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        self.log.requests.lock().unwrap().push(head.clone());
        Some(head)
    }

    /// Writes; that the client may be gone by then is no concern of the script.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Reads a request and answers it well.
    pub(crate) fn serve(&mut self) {
        if self.request().is_some() {
            self.send(OK);
        }
    }

    /// Ends writing, and waits until the client has closed too.
    pub(crate) fn fin(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.hang();
    }

    /// Ends writing, without waiting for anything.
    pub(crate) fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Resets the connection when this peer is dropped, which the end of the script does.
    pub(crate) fn reset(&mut self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// Says nothing more until the client has closed.
    pub(crate) fn hang(&mut self) {
        while self.stream.read(&mut [0; 1024]).unwrap_or(0) > 0 {}
    }
}

/// The flags of codes that are separated by spaces.
pub(crate) fn plan(codes: &str) -> Workload {
    Workload::flags(codes.split(' ').map(|code| code.parse().unwrap()))
}

pub(crate) fn by_name(name: &str) -> &'static dyn Strategy {
    strategy::by_name(name).unwrap()
}

/// The flag a request asks for, in upper case: `BR`.
pub(crate) fn code(head: &str) -> String {
    let path = head.split(' ').nth(1).unwrap();
    path.rsplit('/').nth(1).unwrap().to_ascii_uppercase()
}

/// A destination that outlives every run, as what sets up a run may not know how long it lives.
pub(crate) fn destination(folder: &Path) -> &'static DownloadDir {
    Box::leak(Box::new(DownloadDir::prepare(folder).unwrap()))
}
