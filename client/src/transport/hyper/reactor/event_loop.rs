//! tokio's event loop.

use super::{Reactor, Stream};
use crate::transport::socket;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::coop;

/// The event loop on which the exchange runs.
#[derive(Debug)]
pub(crate) struct EventLoop;

impl Reactor for EventLoop {
    type Stream = TcpStream;

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::from_std(socket::begin(address)?)?;
        stream.writable().await?;
        match stream.take_error()? {
            None => Ok(stream),
            Some(error) => Err(error),
        }
    }

    async fn sleep(&self, time: Duration) {
        // A task that has had its share of the loop is told by its timers too that nothing is ready:
        // bytes that never end would never run into a limit.
        coop::unconstrained(tokio::time::sleep(time)).await;
    }
}

impl Stream for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}
