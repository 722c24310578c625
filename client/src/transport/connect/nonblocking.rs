//! Connects on tokio's event loop.

use super::{addresses::Addresses, race::ConnectRace, socket::start_connect};
use super::{server_address::ServerAddress, unix_socket::UnixConnect};
use flagpole_protocol::Outcome;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smallvec::SmallVec;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout_at;

/// Connects to the first address that accepts; each address has the time `timeout`. Dropping the future closes all sockets.
///
/// # Errors
/// The outcome of the attempt, when no address accepts.
pub(crate) async fn connect_async(
    address: &ServerAddress,
    timeout: Option<Duration>,
) -> Result<TcpStream, Outcome> {
    match address {
        ServerAddress::Tcp(addresses) => connect(addresses, timeout).await,
        ServerAddress::Unix(path) => UnixConnect::new(path, timeout).connect_async().await,
    }
}

async fn connect(addresses: &Addresses, timeout: Option<Duration>) -> Result<TcpStream, Outcome> {
    let mut race = ConnectRace::new(addresses, timeout);
    loop {
        let end = race.advance(|address| TcpStream::from_std(start_connect(address)?))?;
        let ended = match ended_now(&race) {
            Some(ended) => Some(ended),
            None => wait(&race, end).await,
        };
        if let Some((position, result)) = ended
            && let Some(stream) = race.on_end(position, result)
        {
            return Ok(stream);
        }
    }
}

/// A connection to the same host is often open already. Without this question, the task would wait for its event loop,
/// which starts the connections of all other tasks first: the first request would go out after the last connection.
fn ended_now(race: &ConnectRace<'_, TcpStream>) -> Option<(usize, io::Result<()>)> {
    let new_poll_fd = |socket| PollFd::new(socket, PollFlags::OUT);
    let mut polled: SmallVec<[PollFd<'_>; 2]> = race.sockets().map(new_poll_fd).collect();
    // An error shows again when the event loop waits.
    poll(&mut polled, Some(&Timespec::default())).ok()?;
    let mut ended = polled.iter();
    let position = ended.position(|socket| !socket.revents().is_empty())?;
    Some((position, connect_result(race.sockets().nth(position)?)))
}

/// Waits until an attempt to connect has ended, or until `end`.
async fn wait(
    race: &ConnectRace<'_, TcpStream>,
    end: Option<Instant>,
) -> Option<(usize, io::Result<()>)> {
    let ended = poll_fn(|cx| poll_ended(race, cx));
    match end {
        None => Some(ended.await),
        Some(end) => timeout_at(end.into(), ended).await.ok(),
    }
}

fn connect_result(socket: &TcpStream) -> io::Result<()> {
    socket.take_error()?.map_or(Ok(()), Err)
}

/// The position and the result of a socket whose attempt to connect has ended.
fn poll_ended(
    race: &ConnectRace<'_, TcpStream>,
    cx: &mut Context<'_>,
) -> Poll<(usize, io::Result<()>)> {
    for (position, stream) in race.sockets().enumerate() {
        if let Poll::Ready(ready) = stream.poll_write_ready(cx) {
            return Poll::Ready((position, ready.and_then(|()| connect_result(stream))));
        }
    }
    Poll::Pending
}
