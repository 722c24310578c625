//! Blocks a thread until its one socket is ready, with poll(2). An event loop for every thread would cost several file
//! descriptors, 10 KB of memory, and as much time as starting the thread.

use super::net_driver::NetDriver;
use super::poll_state::{SharedPollState, WRITABLE};
use super::poll_stream::PollStream;
use crate::transport::shutdown_on_cancel::ShutdownOnCancel;
use crate::transport::socket;
use std::future::{pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The driver of a thread that waits for one socket.
#[derive(Debug, Default)]
pub(in super::super) struct PollDriver {
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
    pub(in super::super) fn block_on<F: Future>(
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
        let stream = Arc::new(socket::start_connect(address)?);
        self.shared.set_stream(&stream);
        poll_fn(|_| {
            if self.shared.is_ready(WRITABLE) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        match stream.take_error()? {
            None => Ok(PollStream::new(stream, self.shared.clone())),
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
