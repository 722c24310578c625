//! Connects on tokio's event loop.

use super::{addresses::Addresses, race::ConnectRace, socket::start_connect};
use flagpole_protocol::Outcome;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout_at;

/// Connects to the first address that accepts; each address has the time `timeout`. Dropping the future closes all sockets.
///
/// # Errors
/// The outcome of the attempt, when no address accepts.
pub(crate) async fn connect_async(
    addresses: &Addresses,
    timeout: Option<Duration>,
) -> Result<TcpStream, Outcome> {
    let mut race = ConnectRace::new(addresses, timeout);
    loop {
        let end = race.advance(|address| TcpStream::from_std(start_connect(address)?))?;
        let ended = poll_fn(|cx| poll_ended(&race, cx));
        let ended = match end {
            None => Some(ended.await),
            Some(end) => timeout_at(end.into(), ended).await.ok(),
        };
        if let Some((position, result)) = ended
            && let Some(stream) = race.on_end(position, result)
        {
            return Ok(stream);
        }
    }
}

/// The position and the result of a socket whose attempt to connect has ended.
fn poll_ended(
    race: &ConnectRace<'_, TcpStream>,
    cx: &mut Context<'_>,
) -> Poll<(usize, io::Result<()>)> {
    for (position, stream) in race.sockets().enumerate() {
        if let Poll::Ready(ready) = stream.poll_write_ready(cx) {
            let result = ready.and_then(|()| stream.take_error()?.map_or(Ok(()), Err));
            return Poll::Ready((position, result));
        }
    }
    Poll::Pending
}
