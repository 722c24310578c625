//! A driver lets an exchange wait: on tokio's event loop ([`TokioDriver`]), or in a thread with poll(2)
//! ([`PollDriver`](super::poll_driver::PollDriver)).

use super::connect::start_connect;
use socket2::SockRef;
use std::{io, net::SocketAddr, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::{net::TcpStream, task::coop};

/// The connections and timers that an exchange waits for.
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

/// The driver of exchanges that run on tokio's event loop.
#[derive(Debug)]
pub(crate) struct TokioDriver;

impl NetDriver for TokioDriver {
    type Stream = TcpStream;

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::from_std(start_connect(address)?)?;
        stream.writable().await?;
        match stream.take_error()? {
            None => Ok(stream),
            Some(error) => Err(error),
        }
    }

    async fn sleep(&self, time: Duration) {
        // Unconstrained, because timers are never ready in a task that has used up its budget: an endless stream of
        // bytes would not reach its timeout.
        coop::unconstrained(tokio::time::sleep(time)).await;
    }
}

impl DriverStream for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}
