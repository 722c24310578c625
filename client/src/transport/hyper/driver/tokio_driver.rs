//! Waits on tokio's event loop.

use super::net_driver::{DriverStream, NetDriver};
use crate::transport::socket;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::coop;

/// The driver of exchanges that run on tokio's event loop.
#[derive(Debug)]
pub(crate) struct TokioDriver;

impl NetDriver for TokioDriver {
    type Stream = TcpStream;

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::from_std(socket::start_connect(address)?)?;
        stream.writable().await?;
        match stream.take_error()? {
            None => Ok(stream),
            Some(error) => Err(error),
        }
    }

    async fn sleep(&self, time: Duration) {
        // Unconstrained, because timers are never ready in a task that has used up its budget: an endless stream of
        // bytes would not reach its timeout.
        coop::unconstrained(tokio::time::sleep(time)).await;
    }
}

impl DriverStream for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}
