//! A server in raw bytes that lies about one path, and is honest about all others.

use crate::combos::CATALOG;
use crate::harness::PATIENCE;
use flagpole_client::Endpoint;
use flagpole_protocol::{ContentDigest, Resource};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often something drips: many times within any timeout.
const DRIP: Duration = Duration::from_millis(10);

/// What is answered in place of the truth.
#[derive(Clone)]
pub(super) enum Behavior {
    /// These bytes, and the connection goes on.
    Say(Vec<u8>),
    /// These bytes, then the end of the connection.
    End(Vec<u8>),
    /// These bytes, then nothing more.
    Hang(Vec<u8>),
    /// The first bytes, then the others again and again, as fast as they are taken.
    Flood(Vec<u8>, Vec<u8>),
    /// The first bytes, then the others again and again, a hundred times a second.
    Drip(Vec<u8>, Vec<u8>),
}

/// Listens on a port of its own until dropped.
pub(super) struct MaliciousServer {
    address: SocketAddr,
    shared: Arc<ServerState>,
    thread: Option<JoinHandle<()>>,
}

struct ServerState {
    path: Option<String>,
    lie: Behavior,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    has_stopped: AtomicBool,
}

impl MaliciousServer {
    /// Lies whenever it is asked for this path, whatever its query.
    pub(super) fn about(path: &str, lie: Behavior) -> MaliciousServer {
        MaliciousServer::start(Some(path.to_owned()), lie)
    }

    /// Lies on its first connection, before it is asked for anything.
    pub(super) fn before_asked(lie: Behavior) -> MaliciousServer {
        MaliciousServer::start(None, lie)
    }

    /// Never lies.
    pub(super) fn honest() -> MaliciousServer {
        MaliciousServer::about("nothing", Behavior::End(Vec::new()))
    }

    fn start(path: Option<String>, lie: Behavior) -> MaliciousServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(ServerState {
            path,
            lie,
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
            has_stopped: AtomicBool::new(false),
        });
        let serving = shared.clone();
        let accept = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.has_stopped.load(SeqCst) {
                    break;
                }
                let nth = serving.connections.fetch_add(1, SeqCst);
                let serving = serving.clone();
                thread::spawn(move || serving.serve(nth, stream));
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

    /// How many connections were accepted.
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
        self.shared.has_stopped.store(true, SeqCst);
        // The listener looks up when somebody knocks.
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

impl ServerState {
    fn serve(&self, nth: usize, stream: TcpStream) {
        for limit in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            limit(&stream, Some(PATIENCE)).unwrap();
        }
        let mut peer = BufReader::new(stream);
        if self.path.is_none() && nth == 0 && !self.lie.tell(&mut peer) {
            return;
        }
        while let Some(target) = target(&mut peer) {
            self.requests.lock().unwrap().push(target.clone());
            let path = target.split('?').next();
            let goes_on = match path {
                path if path == self.path.as_deref() => self.lie.tell(&mut peer),
                path => peer
                    .get_mut()
                    .write_all(&ServerState::truth(path.unwrap()))
                    .is_ok(),
            };
            if !goes_on {
                return;
            }
        }
    }

    fn truth(path: &str) -> Vec<u8> {
        let resource = Resource::from_path(path);
        match resource.and_then(|resource| CATALOG.get(resource)) {
            Some(body) => whole(body),
            None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        }
    }
}

/// An honest answer with this body.
pub(super) fn whole(body: &[u8]) -> Vec<u8> {
    let (length, digest) = (body.len(), ContentDigest::from_body(body));
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Digest: {digest}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// What the next request asks for; `None` at the end of the connection.
fn target(peer: &mut BufReader<TcpStream>) -> Option<String> {
    let mut lines = peer.lines().map_while(Result::ok);
    let first = lines.next()?;
    lines.find(String::is_empty)?;
    Some(first.split(' ').nth(1)?.to_owned())
}

impl Behavior {
    /// Whether the connection goes on.
    fn tell(&self, peer: &mut BufReader<TcpStream>) -> bool {
        let stream = peer.get_mut();
        // That the client has had enough is an error here, and the end.
        let mut say = |bytes: &[u8]| stream.write_all(bytes).is_ok();
        match self {
            Behavior::Say(bytes) => return say(bytes),
            Behavior::End(bytes) => {
                say(bytes);
                // With something unread it would be a reset.
                let _ = stream.shutdown(Shutdown::Write);
                wait_for_the_end(stream);
            }
            Behavior::Hang(bytes) => {
                say(bytes);
                wait_for_the_end(stream);
            }
            Behavior::Flood(bytes, again) => {
                say(bytes);
                while say(again) {}
            }
            Behavior::Drip(bytes, again) => {
                say(bytes);
                while say(again) {
                    thread::sleep(DRIP);
                }
            }
        }
        false
    }
}

fn wait_for_the_end(stream: &mut TcpStream) {
    while stream.read(&mut [0; 1024]).unwrap_or(0) > 0 {}
}
