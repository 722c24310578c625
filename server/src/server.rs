//! The server for async code: start and shutdown do not block the caller's event loop.

use crate::builder::ServerBuilder;
use crate::handle::ServerHandle;
use crate::start_error::StartError;
use flagpole_protocol::Ledger;
use std::io;
use std::ops::Deref;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// A running server, on threads of its own instead of the caller's runtime. Dropping it closes all
/// connections and frees the port.
///
/// ```
/// use flagpole_server::Server;
///
/// #[tokio::main(flavor = "current_thread")] // in a test: #[tokio::test]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let server = Server::builder()
///         .latency("uniform:1ms..3ms".parse()?)
///         .fault("500@100%".parse()?)
///         .journal_capacity(100)
///         .start()
///         .await?;
///
///     // The client under test sends its requests here.
///     let address = server.addr();
///     let client = tokio::net::TcpStream::connect(address).await?;
/// #   use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// #   let mut client = client;
/// #   client.write_all(b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
/// #   let mut response = String::new();
/// #   client.read_to_string(&mut response).await?;
/// #   assert!(response.starts_with("HTTP/1.1 500 "));
///
///     // The client may have the response just before the server has counted its last byte.
///     assert!(server.wait(1, std::time::Duration::from_secs(5)).await);
///     let entries = server.journal_entries();
///     let request = entries[0].request().expect("an entry of a request");
///     assert_eq!(request.fault.as_deref(), Some("500"));
///     let ledger = server.shutdown(std::time::Duration::from_secs(1)).await;
///     assert_eq!(ledger.by_status[&500], 1);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Server(ServerHandle);

impl Server {
    /// A builder with the default configuration.
    pub fn builder() -> ServerBuilder<Server> {
        ServerBuilder::new()
    }

    /// Waits until `requests` requests are over since the start or the last reset, for at most `timeout`. Returns whether
    /// they are.
    pub async fn wait(&self, requests: u64, timeout: Duration) -> bool {
        let (sender, receiver) = oneshot::channel();
        let control = self.control();
        let thread = thread::Builder::new().name("flagpole:wait".to_owned());
        // If the thread cannot be started, the closure is dropped, and nothing is waited for.
        let spawned = thread.spawn(move || sender.send(control.wait(requests, timeout)));
        drop(spawned);
        receiver
            .await
            .unwrap_or_else(|_| self.requests_over() >= requests)
    }

    /// Stops accepting connections, finishes the requests in progress for at most `grace`, and stops.
    /// Returns the final ledger, the counts of what the server did.
    pub async fn shutdown(self, grace: Duration) -> Ledger {
        let (sender, receiver) = oneshot::channel();
        let handle = self.0;
        let current = handle.ledger();
        let thread = thread::Builder::new().name("flagpole:shutdown".to_owned());
        // If the thread cannot be started, the closure is dropped, and the server stops without grace.
        let spawned = thread.spawn(move || drop(sender.send(handle.shutdown(grace))));
        drop(spawned);
        receiver.await.unwrap_or(current)
    }
}

impl ServerBuilder<Server> {
    /// Starts the server, which accepts connections when the future is ready.
    ///
    /// # Errors
    /// If the configuration is invalid, the port is taken, or a socket or thread cannot be created.
    pub async fn start(self) -> Result<Server, StartError> {
        let (sender, receiver) = oneshot::channel();
        let work = move || sender.send(self.launch());
        let thread = thread::Builder::new().name("flagpole:start".to_owned());
        thread.spawn(work).map_err(StartError::Thread)?;
        let panicked = || StartError::Thread(io::Error::other("the start thread panicked"));
        receiver
            .await
            .unwrap_or_else(|_| Err(panicked()))
            .map(Server)
    }
}

impl Deref for Server {
    type Target = ServerHandle;

    fn deref(&self) -> &ServerHandle {
        &self.0
    }
}
