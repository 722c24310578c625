//! The server as ordinary code holds it, in a `#[test]` for instance.

use crate::builder::ServerBuilder;
use crate::handle::ServerHandle;
use crate::start_error::StartError;
use flagpole_protocol::Ledger;
use std::ops::Deref;
use std::time::Duration;

/// A server that runs. Dropping it stops it at once and frees its port.
///
/// ```
/// use flagpole_server::BlockingServer;
/// use std::io::{Read, Write};
///
/// let server = BlockingServer::builder().fault("418".parse()?).journal_capacity(100).start()?;
///
/// // Whatever client is to be tested asks here.
/// let mut client = std::net::TcpStream::connect(server.addr())?;
/// client.write_all(b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.1 418 I'm a teapot\r\n"));
///
/// assert_eq!(server.journal_entries()[0].status, Some(418));
/// let ledger = server.shutdown(std::time::Duration::from_secs(1));
/// assert_eq!(ledger.requests, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BlockingServer(ServerHandle);

impl BlockingServer {
    /// A server to be described and started.
    pub fn builder() -> ServerBuilder<BlockingServer> {
        ServerBuilder::new()
    }

    /// Accepts nothing more, finishes what is under way for at most `grace`, stops, and says all it
    /// did. Blocks.
    pub fn shutdown(self, grace: Duration) -> Ledger {
        self.0.shutdown(grace)
    }
}

impl ServerBuilder<BlockingServer> {
    /// Starts the server: when this returns, it can be connected to.
    ///
    /// # Errors
    /// If what it is to do can not be, the port is taken, or the system refuses a socket or a thread.
    pub fn start(self) -> Result<BlockingServer, StartError> {
        self.launch().map(BlockingServer)
    }
}

impl Deref for BlockingServer {
    type Target = ServerHandle;

    fn deref(&self) -> &ServerHandle {
        &self.0
    }
}
