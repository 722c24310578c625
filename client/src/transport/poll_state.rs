//! The socket of a thread's exchange: waiting for it with poll(2), and ending the wait when the exchange is cancelled.

use crate::lock::lock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{io, task::Wake};
use tokio_util::sync::CancellationToken;

/// The events after which a read does not block: bytes, the end of the stream, or an error.
pub(super) const READABLE: PollFlags = PollFlags::IN.union(PollFlags::HUP).union(PollFlags::ERR);
pub(super) const WRITABLE: PollFlags = PollFlags::OUT.union(PollFlags::HUP).union(PollFlags::ERR);

/// Shared by a driver and its connection, both used by one thread only: the lock is never contended.
#[derive(Debug, Default)]
pub(super) struct SharedPollState(Mutex<PollState>);

/// The socket, the events and the time for which the exchange in progress waits.
#[derive(Debug)]
struct PollState {
    stream: Option<Arc<TcpStream>>,
    /// The events to wait for, registered since the last poll(2).
    interest: PollFlags,
    /// The events that poll(2) reported and no read or write has used.
    ready: PollFlags,
    wake_at: Option<Instant>,
    cancel: CancellationToken,
    shutdown: Arc<ShutdownOnCancel>,
}

impl Default for PollState {
    fn default() -> PollState {
        PollState {
            stream: None,
            interest: PollFlags::empty(),
            ready: PollFlags::empty(),
            wake_at: None,
            cancel: CancellationToken::new(),
            shutdown: Arc::default(),
        }
    }
}

impl SharedPollState {
    /// Prepares for an exchange.
    pub(super) fn begin(&self, cancel: &CancellationToken, shutdown: &Arc<ShutdownOnCancel>) {
        let mut state = lock(&self.0);
        state.cancel = cancel.clone();
        state.shutdown = shutdown.clone();
        state.wake_at = None;
        if let Some(stream) = &state.stream {
            state.shutdown.arm(stream);
        }
    }

    /// Sets the socket of a new connection.
    pub(super) fn set_stream(&self, stream: &Arc<TcpStream>) {
        let mut state = lock(&self.0);
        state.shutdown.arm(stream);
        state.stream = Some(stream.clone());
        state.ready = PollFlags::empty();
    }

    /// Releases the socket of a connection that is closed.
    pub(super) fn clear_stream(&self) {
        let mut state = lock(&self.0);
        state.shutdown.disarm();
        state.stream = None;
    }

    /// Ends the next wait at this time, or earlier.
    pub(super) fn wake_at(&self, end: Instant) {
        let mut state = lock(&self.0);
        state.wake_at = Some(state.wake_at.map_or(end, |earlier| earlier.min(end)));
    }

    /// Waits with poll(2) for the registered events, and clears their registration.
    pub(super) fn wait(&self) {
        let (stream, interest, wake_at) = {
            let mut state = lock(&self.0);
            // Checked after the shutdown was armed, which handles a later cancellation.
            if state.cancel.is_cancelled() {
                return;
            }
            let interest = std::mem::replace(&mut state.interest, PollFlags::empty());
            (state.stream.clone(), interest, state.wake_at.take())
        };
        let time_left = wake_at.map(|end| end.saturating_duration_since(Instant::now()));
        let stream = stream.expect("an exchange waits only after it has started to connect");
        // poll(2) fails only for lack of memory. The caller then calls `wait` again.
        let ready = wait(&stream, interest, time_left).unwrap_or(PollFlags::empty());
        lock(&self.0).ready |= ready;
    }

    /// Whether the socket is ready; if not, registers the events of `interest`. The socket of a cancelled exchange is
    /// never ready, so that the client's own shutdown is not reported as a close by the peer.
    pub(super) fn is_ready(&self, interest: PollFlags) -> bool {
        let mut state = lock(&self.0);
        let is_ready = state.ready.intersects(interest) && !state.cancel.is_cancelled();
        if is_ready {
            state.ready.remove(interest);
        } else {
            state.interest |= interest;
        }
        is_ready
    }

    pub(super) fn register_interest(&self, interest: PollFlags) {
        lock(&self.0).interest |= interest;
    }

    pub(super) fn is_cancelled(&self) -> bool {
        lock(&self.0).cancel.is_cancelled()
    }
}

/// A waker that shuts a socket down for reading, which ends the wait for it and sends nothing: the thread that waits then
/// closes the connection by a reset. Each exchange has a new waker, because a waker may run after its exchange
/// has ended, when the next exchange uses the socket.
#[derive(Debug, Default)]
pub(crate) struct ShutdownOnCancel(Mutex<Option<Arc<TcpStream>>>);

impl ShutdownOnCancel {
    /// Sets the socket to shut down. The caller must check afterwards whether the exchange is already cancelled.
    pub(crate) fn arm(&self, stream: &Arc<TcpStream>) {
        *lock(&self.0) = Some(stream.clone());
    }

    pub(crate) fn disarm(&self) {
        *lock(&self.0) = None;
    }
}

impl Wake for ShutdownOnCancel {
    fn wake(self: Arc<ShutdownOnCancel>) {
        if let Some(stream) = &*lock(&self.0) {
            // Fails if the peer has closed the connection, which ends the wait too.
            let _ = stream.shutdown(Shutdown::Read);
        }
    }
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
