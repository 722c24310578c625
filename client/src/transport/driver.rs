//! A driver lets an exchange wait: on tokio's event loop ([`TokioDriver`]), or in a thread with poll(2)
//! ([`PollDriver`](super::poll_driver::PollDriver)).

use rustix::io::Errno;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io::{self, ErrorKind};
use std::{net::SocketAddr, time::Duration};
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

/// Starts to connect a non-blocking socket. The socket becomes writable when it is connected or has failed.
pub(super) fn start_connect(address: SocketAddr) -> io::Result<std::net::TcpStream> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    // A congestion control that paces, such as BBR, sets a timer for each request. Reno is part of every
    // Linux (tcp(7)); where Reno is not allowed, the system's default is used. Set before connecting, because a
    // socket that has been paced once stays paced.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno");
    match socket.connect(&address.into()) {
        Err(error) if !is_in_progress(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn is_in_progress(error: &io::Error) -> bool {
    is_transient(error) || Errno::from_io_error(error) == Some(Errno::INPROGRESS)
}

/// Whether the call may succeed when it is repeated.
pub(super) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
