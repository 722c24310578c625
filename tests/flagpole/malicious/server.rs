//! A server that sends raw bytes for one path, and correct responses for all others.

use crate::combos::CATALOG;
use crate::harness::DEADLINE;
use flagpole_client::Endpoint;
use flagpole_protocol::{ContentDigest, Resource};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The interval of a drip: far below every timeout.
const DRIP: Duration = Duration::from_millis(10);

/// What the server sends for the path.
#[derive(Clone)]
pub(super) enum Behavior {
    /// Sends these bytes and keeps the connection open for further requests.
    Reply(Vec<u8>),
    /// Sends these bytes and closes the connection.
    ReplyAndClose(Vec<u8>),
    /// Sends these bytes, then nothing.
    ReplyAndHang(Vec<u8>),
    /// Sends the first bytes, then the others repeatedly, as fast as possible.
    Flood(Vec<u8>, Vec<u8>),
    /// Sends the first bytes, then the others repeatedly, one every `DRIP`.
    Drip(Vec<u8>, Vec<u8>),
}

pub(super) struct MaliciousServer {
    address: SocketAddr,
    shared: Arc<ServerState>,
    thread: Option<JoinHandle<()>>,
}

struct ServerState {
    path: Option<String>,
    behavior: Behavior,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl MaliciousServer {
    /// Misbehaves for this path, with any query.
    pub(super) fn for_path(path: &str, behavior: Behavior) -> MaliciousServer {
        MaliciousServer::start(Some(path.to_owned()), behavior)
    }

    /// Misbehaves on its first connection, before a request.
    pub(super) fn before_request(behavior: Behavior) -> MaliciousServer {
        MaliciousServer::start(None, behavior)
    }

    pub(super) fn honest() -> MaliciousServer {
        MaliciousServer::for_path("nothing", Behavior::ReplyAndClose(Vec::new()))
    }

    fn start(path: Option<String>, behavior: Behavior) -> MaliciousServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(ServerState {
            path,
            behavior,
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let serving = shared.clone();
        let accept = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.stopped.load(SeqCst) {
                    break;
                }
                let index = serving.connections.fetch_add(1, SeqCst);
                let serving = serving.clone();
                thread::spawn(move || serving.serve(index, stream));
            }
        };
        MaliciousServer {
            address,
            shared,
            thread: Some(thread::spawn(accept)),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        self.address.into()
    }

    pub(super) fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }

    /// The targets of all requests, in order of arrival.
    pub(super) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for MaliciousServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, SeqCst);
        // A connection wakes the blocked `accept`.
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

impl ServerState {
    fn serve(&self, index: usize, stream: TcpStream) {
        for limit in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            limit(&stream, Some(DEADLINE)).unwrap();
        }
        let mut peer = BufReader::new(stream);
        if self.path.is_none() && index == 0 && !self.behavior.perform(&mut peer) {
            return;
        }
        while let Some(target) = target(&mut peer) {
            self.requests.lock().unwrap().push(target.clone());
            let path = target.split('?').next();
            let keep_open = match path {
                path if path == self.path.as_deref() => self.behavior.perform(&mut peer),
                path => peer
                    .get_mut()
                    .write_all(&ServerState::response(path.unwrap()))
                    .is_ok(),
            };
            if !keep_open {
                return;
            }
        }
    }

    fn response(path: &str) -> Vec<u8> {
        let resource = Resource::from_path(path);
        match resource.and_then(|resource| CATALOG.get(resource)) {
            Some(body) => honest_response(body),
            None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        }
    }
}

/// A correct response with this body.
pub(super) fn honest_response(body: &[u8]) -> Vec<u8> {
    let (length, digest) = (body.len(), ContentDigest::from_body(body));
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Digest: {digest}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// The target of the next request; `None` at the end of the connection.
fn target(peer: &mut BufReader<TcpStream>) -> Option<String> {
    let mut lines = peer.lines().map_while(Result::ok);
    let first = lines.next()?;
    lines.find(String::is_empty)?;
    Some(first.split(' ').nth(1)?.to_owned())
}

impl Behavior {
    /// Returns whether the connection stays open.
    fn perform(&self, peer: &mut BufReader<TcpStream>) -> bool {
        let stream = peer.get_mut();
        // A client that closes the connection is an error here, and ends it.
        let mut write = |bytes: &[u8]| stream.write_all(bytes).is_ok();
        match self {
            Behavior::Reply(bytes) => return write(bytes),
            Behavior::ReplyAndClose(bytes) => {
                write(bytes);
                // A close with unread input would send a reset.
                let _ = stream.shutdown(Shutdown::Write);
                wait_for_close(stream);
            }
            Behavior::ReplyAndHang(bytes) => {
                write(bytes);
                wait_for_close(stream);
            }
            Behavior::Flood(bytes, repeated) => {
                write(bytes);
                while write(repeated) {}
            }
            Behavior::Drip(bytes, repeated) => {
                write(bytes);
                while write(repeated) {
                    thread::sleep(DRIP);
                }
            }
        }
        false
    }
}

fn wait_for_close(stream: &mut TcpStream) {
    while stream.read(&mut [0; 1024]).unwrap_or(0) > 0 {}
}
