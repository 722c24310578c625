//! The asynchronous stream over a connection that one thread uses.

use super::net_driver::DriverStream;
use super::poll_state::{READABLE, SharedPollState};
use crate::transport::socket::is_transient;
use rustix::event::PollFlags;
use socket2::SockRef;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection of a [`PollDriver`](super::poll_driver::PollDriver).
#[derive(Debug)]
pub(in super::super) struct PollStream {
    stream: Arc<TcpStream>,
    shared: Arc<SharedPollState>,
}

impl PollStream {
    pub(super) fn new(stream: Arc<TcpStream>, shared: Arc<SharedPollState>) -> PollStream {
        PollStream { stream, shared }
    }
}

impl DriverStream for PollStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.stream)
    }
}

impl AsyncRead for PollStream {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.shared.is_ready(READABLE) {
            return Poll::Pending;
        }
        // Initialises only as much of the buffer as there are bytes to read. At the end or after an error there are
        // none, and a read of one byte reports the end or the error.
        let available = usize::try_from(rustix::io::ioctl_fionread(&*self.stream)?);
        let room = (available.unwrap_or(usize::MAX)).clamp(1, buf.remaining().max(1));
        let room = buf.initialize_unfilled_to(room.min(buf.remaining()));
        match (&*self.stream).read(room) {
            Ok(amount) => {
                buf.advance(amount);
                Poll::Ready(Ok(()))
            }
            Err(error) if is_transient(&error) => {
                self.shared.register_interest(PollFlags::IN);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for PollStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.shared.is_cancelled() {
            return Poll::Pending;
        }
        match (&*self.stream).write(bytes) {
            Err(error) if is_transient(&error) => {
                self.shared.register_interest(PollFlags::OUT);
                Poll::Pending
            }
            written => Poll::Ready(written),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.shutdown(std::net::Shutdown::Write))
    }
}
