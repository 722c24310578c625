//! The server for code without async, for example in a `#[test]`.

use crate::builder::ServerBuilder;
use crate::handle::ServerHandle;
use crate::start_error::StartError;
use flagpole_protocol::Ledger;
use std::ops::Deref;
use std::time::Duration;

/// A running server. Dropping it closes all connections and frees the port.
///
/// ```
/// use flagpole_server::BlockingServer;
/// use std::io::{Read, Write};
///
/// let server = BlockingServer::builder().fault("418".parse()?).journal_capacity(100).start()?;
///
/// // The client under test sends its requests here.
/// let mut client = std::net::TcpStream::connect(server.addr())?;
/// client.write_all(b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.1 418 I'm a teapot\r\n"));
///
/// // The client may have the response just before the server has counted its last byte.
/// assert!(server.wait(1, std::time::Duration::from_secs(5)));
/// assert_eq!(server.journal_entries()[0].status(), Some(418));
/// let ledger = server.shutdown(std::time::Duration::from_secs(1));
/// assert_eq!(ledger.requests, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BlockingServer(ServerHandle);

impl BlockingServer {
    /// A builder with the default configuration.
    pub fn builder() -> ServerBuilder<BlockingServer> {
        ServerBuilder::new()
    }

    /// Stops accepting connections, finishes the requests in progress for at most `grace`, and stops.
    /// Returns the final ledger, the counts of what the server did. Blocks.
    pub fn shutdown(self, grace: Duration) -> Ledger {
        self.0.shutdown(grace)
    }
}

impl ServerBuilder<BlockingServer> {
    /// Starts the server, which accepts connections when this function returns.
    ///
    /// # Errors
    /// If the configuration is invalid, the port is taken, or a socket or thread cannot be created.
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
