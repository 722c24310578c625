//! What an exchange needs of whoever waits for it: a connection, and the time.

mod event_loop;
mod thread;

pub(crate) use event_loop::EventLoop;
pub(super) use thread::Thread;

use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Where exchanges are waited for: on an event loop, among others, or by a thread that does nothing
/// else.
pub(crate) trait Reactor: Sync {
    /// A connection, as it is waited for here.
    type Stream: Stream;

    /// Connects to one address.
    fn connect(&self, address: SocketAddr)
    -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Ends after so much time.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The socket, to be asked without waiting.
    fn socket(&self) -> SockRef<'_>;
}
