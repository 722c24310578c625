//! A server that responds at once, on one core, in a separate process.

use std::env::current_exe;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

/// The environment variable that makes this program serve.
pub(crate) const IS_SINK: &str = "FLAGPOLE_SINK";

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A running sink, which ends when this value is dropped.
pub(super) struct Sink {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Sink {
    pub(super) fn start() -> Sink {
        let mut child = Command::new(current_exe().expect("the system knows this program"))
            .env(IS_SINK, "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let output = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .expect("a sink prints its address");
        Sink {
            child,
            address: line.trim().parse().expect("it is an address"),
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // Both fail only if the child has already been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Prints an address, and responds to requests there until the process is killed.
pub(crate) fn serve() {
    let runtime = Builder::new_current_thread().enable_io().build();
    runtime
        .expect("the system gives an event loop")
        .block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.expect("a port is free");
            println!("{}", listener.local_addr().expect("it is bound"));
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(respond(stream));
            }
        });
}

/// A request arrives in one piece, because it is small.
async fn respond(mut stream: TcpStream) {
    let mut request = [0; 4096];
    while let Ok(1..) = stream.read(&mut request).await {
        if stream.write_all(RESPONSE).await.is_err() {
            return;
        }
    }
}
