//! The traits of a driver.

use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// The connections and timers by which an exchange waits.
pub(crate) trait NetDriver: Sync {
    /// A connection that this driver can wait for.
    type Stream: DriverStream;

    /// Connects to one address.
    fn connect(&self, address: SocketAddr)
    -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Completes after this time.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// A connection.
pub(crate) trait DriverStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The socket, for calls that do not wait.
    fn socket(&self) -> SockRef<'_>;
}
