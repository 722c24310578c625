//! The listening sockets of a server: one for each worker, all on the same port.

use crate::start_error::StartError;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::thread;

/// Maximum number of connections that wait to be accepted; the kernel lowers it to `somaxconn`.
const BACKLOG: i32 = 4096;

/// The number of workers of a server by default: one for each core, but one outside of Linux, where one socket is opened.
pub(crate) fn default_workers() -> NonZero<usize> {
    if cfg!(target_os = "linux") {
        thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
    } else {
        NonZero::<usize>::MIN
    }
}

/// Opens `count` listening sockets on one port; a single socket outside of Linux, where `SO_REUSEPORT` does
/// not distribute connections. With [`Listening::Later`] connections are refused until a worker listens again.
pub(crate) fn listen(
    address: SocketAddr,
    count: NonZero<usize>,
    listening: Listening,
) -> Result<Vec<TcpListener>, StartError> {
    let to_start_error = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(address),
        _ => StartError::Listen(address, error),
    };
    if address.port() != 0 {
        // With SO_REUSEPORT several processes can bind the same port. A first bind without SO_REUSEPORT
        // fails if the port is taken.
        bind(address, ReusePort::No, Listening::Now).map_err(to_start_error)?;
    }
    let another = |address| bind(address, ReusePort::Yes, listening).map_err(to_start_error);
    let first = another(address)?;
    let address = first.local_addr().map_err(to_start_error)?;
    let mut sockets = vec![first];
    let count = if cfg!(target_os = "linux") {
        count.get()
    } else {
        1
    };
    for _ in 1..count {
        sockets.push(another(address)?);
    }
    Ok(sockets)
}

/// Whether a socket accepts connections.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Listening {
    Now,
    Later,
}

/// Whether other sockets may listen on the same port (`SO_REUSEPORT`).
#[derive(Clone, Copy, PartialEq)]
enum ReusePort {
    Yes,
    No,
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(unused_variables, reason = "SO_REUSEPORT is set on Linux only")
)]
fn bind(
    address: SocketAddr,
    reuse_port: ReusePort,
    listening: Listening,
) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // Allows a restart while connections of the previous server are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(reuse_port == ReusePort::Yes)?;
    // A congestion control that paces segments, such as BBR, would delay responses beyond their fates.
    // Reno is part of every Linux (tcp(7)); where it is not permitted, the default stays.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno");
    socket.bind(&address.into())?;
    // `bind` does not collide with a listener that set SO_REUSEADDR; `listen` does.
    if listening == Listening::Now {
        socket.listen(BACKLOG)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Opens one more listening socket on a port of this process.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn listen_again(address: SocketAddr) -> io::Result<TcpListener> {
    bind(address, ReusePort::Yes, Listening::Now)
}

/// Keeps a port of this process, so that no other process takes it while connections to it are refused: a socket that is
/// bound and does not listen.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn reserve(address: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // Without SO_REUSEADDR, with which a socket of another process could be bound as well.
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
