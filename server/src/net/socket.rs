//! The listening sockets of a server: one for each worker, all on one port.

use crate::start_error::StartError;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;

/// How many connections the kernel may hold for us before they are accepted; it takes less where
/// the system's `somaxconn` is less.
const BACKLOG: i32 = 4096;

/// A listening socket for each worker, all on one port.
pub(crate) fn listen(
    address: SocketAddr,
    count: NonZero<usize>,
) -> Result<Vec<TcpListener>, StartError> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(address),
        _ => StartError::Listen(address, error),
    };
    if address.port() != 0 {
        // With SO_REUSEPORT the system lets several processes share a port without a word. To find
        // out whether it is taken, bind it once without.
        bind(address, false).map_err(refused)?;
    }
    let first = bind(address, true).map_err(refused)?;
    let address = first.local_addr().map_err(refused)?;
    let mut sockets = vec![first];
    // Where the kernel does not spread connections over the sockets of a port, one has to do.
    let count = if cfg!(target_os = "linux") {
        count.get()
    } else {
        1
    };
    for _ in 1..count {
        sockets.push(bind(address, true).map_err(refused)?);
    }
    Ok(sockets)
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Lets a server be started again while the connections of the last one linger in TIME_WAIT.
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(shared)?;
    // A congestion control that paces, such as BBR, spreads the segments of an answer over time; what
    // delays there are is for the fates to say. Reno is part of every Linux (tcp(7)); where it is not
    // allowed, the system's own has to do.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno");
    socket.bind(&address.into())?;
    // Binding alone does not collide with a listener that set SO_REUSEADDR; listening does.
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
