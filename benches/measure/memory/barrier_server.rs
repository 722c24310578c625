//! A server that answers when all connections wait for a response.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Barrier;

/// The length of a body in bytes.
const BODY: usize = 1024;

/// A server on a thread of this process; it ends when this value is dropped.
pub(super) struct BarrierServer {
    pub(super) address: SocketAddr,
    _runtime: Runtime,
}

impl BarrierServer {
    /// Starts a server that answers requests in groups, a group as soon as it has this number of requests.
    pub(super) fn start(requests: usize) -> BarrierServer {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_io()
            .build();
        let runtime = runtime.expect("a thread can be started");
        let listener =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        listener.set_nonblocking(true).expect("it is a socket");
        let barrier = Arc::new(Barrier::new(requests));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("the runtime has I/O");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, barrier.clone()));
            }
        });
        BarrierServer {
            address,
            _runtime: runtime,
        }
    }
}

/// Answers all requests of a connection.
async fn answer(stream: TcpStream, barrier: Arc<Barrier>) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n");
    let response = [head.as_bytes(), &[b'x'; BODY]].concat();
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::with_capacity(1024, reader).lines();
    // A client that has ended, or goes away, needs no answer.
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.is_empty() {
            continue;
        }
        barrier.wait().await;
        if writer.write_all(&response).await.is_err() {
            return;
        }
    }
}
