//! Opens sockets and waits for them with poll(2), for every transport.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Starts to connect a non-blocking socket. The socket becomes writable when it is connected or has failed.
pub(super) fn start_connect(address: SocketAddr) -> io::Result<TcpStream> {
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

/// Blocks until the socket is ready for an event of `interest` or has failed, the time is over, or a signal arrives;
/// returns the events for which the socket is ready. poll(2) keeps the time limit exactly; `SO_RCVTIMEO` is rounded to kernel
/// ticks of up to 10 ms.
pub(super) fn wait(
    stream: &TcpStream,
    interest: PollFlags,
    time_left: Option<Duration>,
) -> io::Result<PollFlags> {
    let mut sockets = [PollFd::new(stream, interest)];
    match poll(&mut sockets, time_left.map(timespec).as_ref()) {
        Ok(_) => Ok(sockets[0].revents()),
        Err(Errno::INTR) => Ok(PollFlags::empty()),
        Err(error) => Err(error.into()),
    }
}

/// A duration that does not fit is as good as unlimited.
fn timespec(duration: Duration) -> Timespec {
    const UNLIMITED: Timespec = Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    };
    Timespec::try_from(duration).unwrap_or(UNLIMITED)
}
