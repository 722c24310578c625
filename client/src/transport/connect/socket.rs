//! A socket that connects without blocking.

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};

/// Starts to connect a non-blocking socket. The socket becomes writable when it is connected or has failed;
/// [`TcpStream::take_error`] then says which.
pub(in crate::transport) fn start_connect(address: SocketAddr) -> io::Result<TcpStream> {
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
pub(in crate::transport) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
