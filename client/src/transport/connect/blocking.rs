//! Connects on the calling thread with poll(2).

use super::{addresses::Addresses, race::ConnectRace, socket::start_connect};
use super::{server_address::ServerAddress, unix_socket::UnixConnect};
use crate::transport::cancel_handle::CancelHandle;
use flagpole_protocol::{Outcome, TimeoutKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use smallvec::SmallVec;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Connects to the first address that accepts; each address has the time `timeout`. The stream is in blocking mode, and the
/// only one that `cancel` shuts down.
///
/// # Errors
/// The outcome of the attempt, when no address accepts; [`Outcome::Cancelled`]; at the `deadline`
/// `Outcome::Timeout(TimeoutKind::Total, Duration::ZERO)`: the caller knows which limit set the deadline.
pub(crate) fn connect_blocking(
    address: &ServerAddress,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    cancel: &CancelHandle,
) -> Result<Arc<TcpStream>, Outcome> {
    let result = match address {
        ServerAddress::Tcp(addresses) => connect(addresses, timeout, deadline, cancel),
        ServerAddress::Unix(path) => {
            let connect = UnixConnect::new(path, timeout);
            connect.connect_blocking(deadline, cancel).map(Arc::new)
        }
    };
    cancel.disarm();
    let stream = result?;
    cancel.arm(&stream);
    if cancel.is_cancelled() {
        return Err(Outcome::Cancelled);
    }
    Ok(stream)
}

fn connect(
    addresses: &Addresses,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    cancel: &CancelHandle,
) -> Result<Arc<TcpStream>, Outcome> {
    let mut race = ConnectRace::new(addresses, timeout);
    loop {
        let end = race.advance(|address| start_connect(address).map(Arc::new))?;
        cancel.disarm();
        race.sockets().for_each(|socket| cancel.arm(socket));
        let ended = wait(&race, end.into_iter().chain(deadline).min());
        if cancel.is_cancelled() {
            return Err(Outcome::Cancelled);
        }
        if let Some((position, result)) = ended
            && let Some(stream) = race.on_end(position, result)
        {
            return Ok(stream);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Outcome::Timeout(TimeoutKind::Total, Duration::ZERO));
        }
    }
}

/// Blocks until an attempt to connect has ended and returns its position and result, or until `end` or a signal.
fn wait(
    race: &ConnectRace<'_, Arc<TcpStream>>,
    end: Option<Instant>,
) -> Option<(usize, io::Result<()>)> {
    let new_poll_fd = |socket| PollFd::new(socket, PollFlags::OUT);
    let mut polled: SmallVec<[PollFd<'_>; 2]> = race.sockets().map(new_poll_fd).collect();
    let time = end.map(|end| end.saturating_duration_since(Instant::now()));
    // A time that does not fit is no limit.
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    match poll(&mut polled, time.as_ref()) {
        Err(Errno::INTR) => return None,
        // poll(2) fails only for lack of memory.
        Err(error) => return Some((0, Err(error.into()))),
        Ok(_) => {}
    }
    let position = polled
        .iter()
        .position(|socket| !socket.revents().is_empty())?;
    Some((position, enter_blocking_mode(race.sockets().nth(position)?)))
}

/// Makes a socket block its thread, if it is connected.
fn enter_blocking_mode(socket: &TcpStream) -> io::Result<()> {
    match socket.take_error()? {
        None => socket.set_nonblocking(false),
        Some(error) => Err(error),
    }
}
