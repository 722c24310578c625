//! The listening sockets of a server: one for each worker and address, all on the same port.

use crate::start_error::StartError;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
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

/// How often another free port is tried where a port must be free on several addresses.
const PORT_ATTEMPTS: usize = 16;

/// Opens the listening sockets of `count` workers: for each worker one socket on each of the addresses; for a single worker
/// outside of Linux, where `SO_REUSEPORT` does not distribute connections. Addresses with port 0 get the port of the first
/// one, or one that is free on all of them. With [`Listening::Later`] connections are refused until a worker listens again.
pub(crate) fn listen(
    addresses: &[SocketAddr],
    count: NonZero<usize>,
    listening: Listening,
) -> Result<Vec<Vec<TcpListener>>, StartError> {
    let addresses = without_covered(addresses);
    let first = *addresses.first().ok_or(StartError::NoAddress)?;
    let count = if cfg!(target_os = "linux") {
        count.get()
    } else {
        1
    };
    let mut attempts = 1..PORT_ATTEMPTS;
    loop {
        match listen_once(&addresses, count, listening) {
            // The port that the system chose for the first address is taken on another one.
            Err(StartError::PortInUse(_)) if first.port() == 0 && attempts.next().is_some() => {}
            result => return result,
        }
    }
}

fn listen_once(
    addresses: &[SocketAddr],
    count: usize,
    listening: Listening,
) -> Result<Vec<Vec<TcpListener>>, StartError> {
    let is_only_v6 = addresses.iter().any(SocketAddr::is_ipv4);
    let mut workers: Vec<Vec<TcpListener>> = (0..count).map(|_| Vec::new()).collect();
    let mut port = 0;
    for &(mut address) in addresses {
        if address.port() == 0 {
            address.set_port(port);
        }
        let mut local = LocalAddress {
            address,
            is_only_v6,
        };
        let to_start_error = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse(address),
            _ => StartError::Listen(address, error),
        };
        if address.port() != 0 {
            // With SO_REUSEPORT several processes can bind the same port. A first bind without SO_REUSEPORT
            // fails if the port is taken.
            bind(local, ReusePort::No, Listening::Now).map_err(to_start_error)?;
        }
        for worker in &mut workers {
            let socket = bind(local, ReusePort::Yes, listening).map_err(to_start_error)?;
            local.address = socket.local_addr().map_err(to_start_error)?;
            worker.push(socket);
        }
        port = local.address.port();
    }
    Ok(workers)
}

/// The addresses without those that `0.0.0.0` or `::` among them covers, and each only once.
fn without_covered(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut kept: Vec<SocketAddr> = Vec::new();
    for address in addresses {
        let is_covered = addresses.iter().any(|other| {
            other.ip().is_unspecified()
                && other.is_ipv4() == address.is_ipv4()
                && !address.ip().is_unspecified()
        });
        if !is_covered && !kept.contains(address) {
            kept.push(*address);
        }
    }
    kept
}

/// An address of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalAddress {
    address: SocketAddr,
    /// Whether a socket on `::` leaves IPv4 to another one. Without IPv4 among the addresses it takes IPv4 as well,
    /// whatever the default of the system is.
    is_only_v6: bool,
}

impl LocalAddress {
    /// The address of a socket.
    ///
    /// # Errors
    /// If the system refuses to name it.
    pub(crate) fn of_socket(socket: &SockRef<'_>) -> io::Result<LocalAddress> {
        let address = socket.local_addr()?.as_socket();
        let address = address.ok_or_else(|| io::Error::other("a socket that is not of TCP"))?;
        Ok(LocalAddress {
            address,
            is_only_v6: address.is_ipv6() && socket.only_v6()?,
        })
    }

    fn new_socket(self) -> io::Result<Socket> {
        let domain = Domain::for_address(self.address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        if self.address.is_ipv6() {
            socket.set_only_v6(self.is_only_v6)?;
        }
        Ok(socket)
    }
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
    local: LocalAddress,
    reuse_port: ReusePort,
    listening: Listening,
) -> io::Result<TcpListener> {
    let socket = local.new_socket()?;
    // Allows a restart while connections of the previous server are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(reuse_port == ReusePort::Yes)?;
    // A congestion control that paces segments, such as BBR, would delay responses beyond their fates.
    // Reno is part of every Linux (tcp(7)); where it is not permitted, the default stays.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno");
    socket.bind(&local.address.into())?;
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
pub(crate) fn listen_again(local: LocalAddress) -> io::Result<TcpListener> {
    bind(local, ReusePort::Yes, Listening::Now)
}

/// Keeps a port of this process, so that no other process takes it while connections to it are refused: a socket that is
/// bound and does not listen.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn reserve(local: LocalAddress) -> io::Result<Socket> {
    let socket = local.new_socket()?;
    // Without SO_REUSEADDR, with which a socket of another process could be bound as well.
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(true)?;
    socket.bind(&local.address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(addresses: &[&str]) -> Vec<String> {
        let addresses: Vec<_> = addresses.iter().map(|one| one.parse().unwrap()).collect();
        let kept = without_covered(&addresses);
        kept.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unspecified_address_covers_the_others_of_its_family() {
        let covered = kept(&["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "127.0.0.2:0"]);
        assert_eq!(covered, ["0.0.0.0:0", "[::1]:0"]);
        assert_eq!(kept(&["[::]:0", "[::1]:0", "[::]:0"]), ["[::]:0"]);
        let separate = ["127.0.0.1:0", "[::1]:0"];
        assert_eq!(kept(&separate), separate);
    }
}
