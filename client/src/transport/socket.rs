//! Sockets: how they are made, and how a thread waits for one. The same for every transport.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Begins to connect: the socket can be written to when it has been done, or has failed. It does not
/// block, and sends what it is given at once.
pub(super) fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    // A congestion control that paces, such as BBR, sets a timer for each request. Reno is part of every
    // Linux (tcp(7)); where it is not allowed, the system's own has to do. Before the connection is
    // there: what has been paced once stays so.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno");
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    is_passing(error) || Errno::from_io_error(error) == Some(Errno::INPROGRESS)
}

/// Whether the same may be tried again.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Blocks the thread until the socket is ready for something of what is wanted, or has failed: returns
/// what it is ready for, which is nothing when the time is over, or a signal came. The limit of `poll`
/// is exact, where a limit on reads is rounded to the ticks of the kernel, of up to 10 ms.
pub(super) fn wait(
    stream: &TcpStream,
    wanted: PollFlags,
    left: Option<Duration>,
) -> io::Result<PollFlags> {
    let mut sockets = [PollFd::new(stream, wanted)];
    match poll(&mut sockets, left.map(timespec).as_ref()) {
        Ok(_) => Ok(sockets[0].revents()),
        Err(Errno::INTR) => Ok(PollFlags::empty()),
        Err(error) => Err(error.into()),
    }
}

/// For ever, as far as a limit goes that no clock will see.
fn timespec(duration: Duration) -> Timespec {
    const FOR_EVER: Timespec = Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    };
    Timespec::try_from(duration).unwrap_or(FOR_EVER)
}
