//! The server as async code holds it: started and shut down without blocking an event loop.

use crate::builder::ServerBuilder;
use crate::handle::ServerHandle;
use crate::start_error::StartError;
use flagpole_protocol::Ledger;
use std::io;
use std::ops::Deref;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// A server that runs, on threads of its own: no runtime of the caller's carries it. Dropping it stops
/// it at once and frees its port.
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
///     // Whatever client is to be tested asks here.
///     let address = server.addr();
///     let client = tokio::net::TcpStream::connect(address).await?;
/// #   use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// #   let mut client = client;
/// #   client.write_all(b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
/// #   let mut answer = String::new();
/// #   client.read_to_string(&mut answer).await?;
/// #   assert!(answer.starts_with("HTTP/1.1 500 "));
///
///     let journal = server.journal_entries();
///     assert_eq!(journal[0].fault.as_deref(), Some("500"));
///     let ledger = server.shutdown(std::time::Duration::from_secs(1)).await;
///     assert_eq!(ledger.by_status[&500], 1);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Server(ServerHandle);

impl Server {
    /// A server to be described and started.
    pub fn builder() -> ServerBuilder<Server> {
        ServerBuilder::new()
    }

    /// Accepts nothing more, finishes what is under way for at most `grace`, stops, and says all it
    /// did.
    pub async fn shutdown(self, grace: Duration) -> Ledger {
        let (told, said) = oneshot::channel();
        let running = self.0;
        let so_far = running.ledger();
        let thread = thread::Builder::new().name("flagpole:shutdown".to_owned());
        // Where the system has no thread to wait in, this drops the server, which stops it at once.
        let waits = thread.spawn(move || drop(told.send(running.shutdown(grace))));
        drop(waits);
        said.await.unwrap_or(so_far)
    }
}

impl ServerBuilder<Server> {
    /// Starts the server: when this is ready, it can be connected to.
    ///
    /// # Errors
    /// If what it is to do can not be, the port is taken, or the system refuses a socket or a thread.
    pub async fn start(self) -> Result<Server, StartError> {
        let (told, said) = oneshot::channel();
        let work = move || told.send(self.launch());
        let thread = thread::Builder::new().name("flagpole:start".to_owned());
        thread.spawn(work).map_err(StartError::Thread)?;
        let panicked =
            || StartError::Thread(io::Error::other("the thread that starts it panicked"));
        said.await.unwrap_or_else(|_| Err(panicked())).map(Server)
    }
}

impl Deref for Server {
    type Target = ServerHandle;

    fn deref(&self) -> &ServerHandle {
        &self.0
    }
}
