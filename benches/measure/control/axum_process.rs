//! A bare axum server in a separate process: this program, started once more.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use std::env::current_exe;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;

/// The environment variable that makes this program a server: the lengths of the bodies of its paths, in their order.
pub(crate) const BODY_LENGTHS: &str = "FLAGPOLE_AXUM_SERVER";

/// The paths that are compared. The bare server ignores queries.
pub(super) const PATHS: [&str; 3] = ["/healthz", "/ledger", "/journal?limit=100"];

const MEDIA_TYPES: [&str; 3] = ["text/plain", "application/json", "application/jsonl"];

/// Serves static bodies of these lengths until the process is killed; prints the address first.
pub(crate) fn serve(lengths: &str) {
    let mut router = Router::new();
    for ((path, media_type), length) in PATHS.into_iter().zip(MEDIA_TYPES).zip(lengths.split(' ')) {
        let body = Bytes::from(vec![b' '; length.parse().expect("it is a length")]);
        let (path, _query) = path.split_once('?').unwrap_or((path, ""));
        let handler = async move || ([(CONTENT_TYPE, media_type)], body).into_response();
        router = router.route(path, get(handler));
    }
    // With a thread for each core, as with `#[tokio::main]`.
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port is free");
        println!("{}", listener.local_addr().expect("it is bound"));
        axum::serve(listener, router)
            .await
            .expect("it serves until the process ends");
    });
}

/// A bare axum server; it ends when this value is dropped.
pub(super) struct AxumProcess {
    child: Child,
    pub(super) address: SocketAddr,
}

impl AxumProcess {
    /// Starts a server whose bodies have these lengths.
    pub(super) fn start(lengths: [usize; 3]) -> AxumProcess {
        let lengths = lengths.map(|length| length.to_string()).join(" ");
        let mut child = Command::new(current_exe().expect("the system knows this program"))
            .env(BODY_LENGTHS, lengths)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        output.read_line(&mut line).expect("the server prints text");
        let address = line.trim_end().parse();
        AxumProcess {
            child,
            address: address.expect("the server prints its address"),
        }
    }
}

impl Drop for AxumProcess {
    fn drop(&mut self) {
        // Both fail only if the child has already been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
