//! A bare axum server in a separate process: this program, started once more.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Deserializer, Value};
use std::env::current_exe;
use std::io::{BufRead as _, BufReader, Write as _, stdin};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The environment variable that makes this program a server of the documents on its standard input, a line each.
pub(crate) const IS_SERVER: &str = "FLAGPOLE_AXUM_SERVER";

/// The paths that are compared. The bare server ignores queries.
pub(super) const PATHS: [&str; 3] = ["/healthz", "/ledger", "/journal?limit=100"];

/// Serves a static text and two JSON documents until the process is killed; prints the address first.
pub(crate) fn serve() {
    let mut lines = stdin().lines().map(|line| line.expect("it is text"));
    let mut document = || -> Arc<Value> {
        let line = lines.next().expect("there are two documents");
        Arc::new(serde_json::from_str(&line).expect("they are JSON"))
    };
    let [ledger, journal] = [document(), document()];
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/ledger", get(async move || Json(ledger)))
        .route("/journal", get(async move || Json(journal)));
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
    /// Starts a server that answers with the same documents, which it serializes for each answer.
    pub(super) fn start([_, ledger, journal]: [Vec<u8>; 3]) -> AxumProcess {
        let mut child = Command::new(current_exe().expect("the system knows this program"))
            .env(IS_SERVER, "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let ledger: Value = serde_json::from_slice(&ledger).expect("it is JSON");
        let entries = Deserializer::from_slice(&journal).into_iter::<Value>();
        let entries: Result<Vec<_>, _> = entries.collect();
        let journal = Value::from(entries.expect("the journal is JSON lines"));
        let mut input = child.stdin.take().expect("it is piped");
        writeln!(input, "{ledger}\n{journal}").expect("the server reads it");
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
