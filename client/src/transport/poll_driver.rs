//! Blocks a thread until its one socket is ready, with poll(2). An event loop for every thread would cost several file
//! descriptors, 10 KB of memory, and as much time as starting the thread.

use super::connect::{is_transient, start_connect};
use super::driver::{DriverStream, NetDriver};
use super::poll_state::{READABLE, SharedPollState, ShutdownOnCancel, WRITABLE};
use rustix::event::PollFlags;
use socket2::SockRef;
use std::future::{pending, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

/// The driver of a thread that waits for one socket.
#[derive(Debug, Default)]
pub(super) struct PollDriver {
    shared: Arc<SharedPollState>,
    woken: Arc<WakeFlag>,
}

/// Whether the future was woken, so that it can be polled without waiting for the socket.
#[derive(Debug, Default)]
struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<WakeFlag>) {
        self.0.store(true, SeqCst);
    }
}

impl PollDriver {
    /// Runs an exchange on the calling thread until it has ended or is cancelled.
    pub(super) fn block_on<F: Future>(
        &self,
        cancel: &CancellationToken,
        mut exchange: Pin<Box<F>>,
    ) -> F::Output {
        let shutdown = Arc::new(ShutdownOnCancel::default());
        let shutdown_waker = Waker::from(shutdown.clone());
        let mut cancelled = pin!(cancel.cancelled());
        // Registers the waker; whether the exchange is cancelled already is checked before each wait.
        let _ = cancelled
            .as_mut()
            .poll(&mut Context::from_waker(&shutdown_waker));
        self.shared.begin(cancel, &shutdown);
        let waker = Waker::from(self.woken.clone());
        let output = loop {
            if let Poll::Ready(output) = exchange.as_mut().poll(&mut Context::from_waker(&waker)) {
                break output;
            }
            if !self.woken.0.swap(false, SeqCst) {
                self.shared.wait();
            }
        };
        shutdown.disarm();
        output
    }
}

impl NetDriver for PollDriver {
    type Stream = PollStream;

    async fn connect(&self, address: SocketAddr) -> io::Result<PollStream> {
        let stream = PollStream {
            stream: Arc::new(start_connect(address)?),
            shared: self.shared.clone(),
        };
        self.shared.set_stream(&stream.stream);
        poll_fn(|_| {
            if self.shared.is_ready(WRITABLE) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        match stream.stream.take_error()? {
            None => Ok(stream),
            Some(error) => Err(error),
        }
    }

    async fn sleep(&self, time: Duration) {
        let Some(end) = Instant::now().checked_add(time) else {
            // Later than the clock can represent.
            return pending().await;
        };
        poll_fn(|_| {
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            self.shared.wake_at(end);
            Poll::Pending
        })
        .await;
    }
}

/// A connection of a [`PollDriver`].
#[derive(Debug)]
pub(super) struct PollStream {
    stream: Arc<TcpStream>,
    shared: Arc<SharedPollState>,
}

impl DriverStream for PollStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.stream)
    }
}

impl Drop for PollStream {
    /// Releases the socket, so that it is closed now and not when the driver connects again.
    fn drop(&mut self) {
        self.shared.clear_stream();
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
