//! A thread that waits for its one socket by `poll`. An event loop of its own would cost every thread
//! some descriptors, 10 KB, and as long to make as the thread itself.

use super::{Reactor, Stream};
use crate::transport::shutdown_on_cancel::Alarm;
use crate::transport::socket::{self, is_passing};
use rustix::event::PollFlags;
use socket2::SockRef;
use std::future::{pending, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

/// What reading is worth a try for: what comes, and what tells that nothing will.
const READABLE: PollFlags = PollFlags::IN.union(PollFlags::HUP).union(PollFlags::ERR);
const WRITABLE: PollFlags = PollFlags::OUT.union(PollFlags::HUP).union(PollFlags::ERR);

/// The thread, for whatever it has to wait for.
#[derive(Debug, Default)]
pub(in super::super) struct Thread {
    shared: Arc<Shared>,
    woken: Arc<Woken>,
}

/// Shared by the thread and its connection, which it alone uses: nobody ever waits for the lock.
#[derive(Debug, Default)]
struct Shared(Mutex<Wait>);

/// What the exchange under way waits for.
#[derive(Debug)]
struct Wait {
    stream: Option<Arc<TcpStream>>,
    /// Asked of the socket since the last look at it.
    wanted: PollFlags,
    /// What the socket said, as far as nobody has made use of it.
    ready: PollFlags,
    until: Option<Instant>,
    cancel: CancellationToken,
    alarm: Arc<Alarm>,
}

impl Default for Wait {
    fn default() -> Wait {
        Wait {
            stream: None,
            wanted: PollFlags::empty(),
            ready: PollFlags::empty(),
            until: None,
            cancel: CancellationToken::new(),
            alarm: Arc::default(),
        }
    }
}

/// Whether there is something to do without waiting.
#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        self.0.store(true, SeqCst);
    }
}

impl Thread {
    /// Carries out an exchange, waiting on the calling thread, until it has ended or is cancelled.
    pub(in super::super) fn block_on<F: Future>(
        &self,
        cancel: &CancellationToken,
        mut exchange: Pin<Box<F>>,
    ) -> F::Output {
        let alarm = Arc::new(Alarm::default());
        let ring = Waker::from(alarm.clone());
        let mut cancelled = pin!(cancel.cancelled());
        // To be asked once is to be told later; whether it has been cancelled is asked before each wait.
        let _ = cancelled.as_mut().poll(&mut Context::from_waker(&ring));
        self.shared.begin(cancel, &alarm);
        let waker = Waker::from(self.woken.clone());
        let output = loop {
            if let Poll::Ready(output) = exchange.as_mut().poll(&mut Context::from_waker(&waker)) {
                break output;
            }
            if !self.woken.0.swap(false, SeqCst) {
                self.shared.wait();
            }
        };
        alarm.disarm();
        output
    }
}

impl Shared {
    fn begin(&self, cancel: &CancellationToken, alarm: &Arc<Alarm>) {
        let mut now = self.now();
        now.cancel = cancel.clone();
        now.alarm = alarm.clone();
        now.until = None;
        if let Some(stream) = &now.stream {
            now.alarm.arm(stream);
        }
    }

    /// Waits for what is wanted. Whoever wants something still asks for it again afterwards.
    fn wait(&self) {
        let (stream, wanted, until) = {
            let mut now = self.now();
            // Asked after the alarm has been set, which tells of what happens from now on.
            if now.cancel.is_cancelled() {
                return;
            }
            let wanted = std::mem::replace(&mut now.wanted, PollFlags::empty());
            (now.stream.clone(), wanted, now.until.take())
        };
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let stream = stream.expect("who waits has begun to connect");
        // The system could not say, for want of memory: it is asked again.
        let ready = socket::wait(&stream, wanted, left).unwrap_or(PollFlags::empty());
        self.now().ready |= ready;
    }

    /// Whether the socket is ready for this; if not, that is waited for. Nothing is, for who has been
    /// cancelled: the alarm ends the connection, and that is not to be taken for the peer's doing.
    fn is_ready(&self, wanted: PollFlags) -> bool {
        let mut now = self.now();
        let is_ready = now.ready.intersects(wanted) && !now.cancel.is_cancelled();
        if is_ready {
            now.ready.remove(wanted);
        } else {
            now.wanted |= wanted;
        }
        is_ready
    }

    fn wants(&self, wanted: PollFlags) {
        self.now().wanted |= wanted;
    }

    fn is_cancelled(&self) -> bool {
        self.now().cancel.is_cancelled()
    }

    fn now(&self) -> MutexGuard<'_, Wait> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reactor for Thread {
    type Stream = Socket;

    async fn connect(&self, address: SocketAddr) -> io::Result<Socket> {
        let stream = Arc::new(socket::begin(address)?);
        {
            let mut now = self.shared.now();
            now.alarm.arm(&stream);
            now.stream = Some(stream.clone());
            now.ready = PollFlags::empty();
        }
        poll_fn(|_| {
            if self.shared.is_ready(WRITABLE) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        match stream.take_error()? {
            None => Ok(Socket {
                stream,
                shared: self.shared.clone(),
            }),
            Some(error) => Err(error),
        }
    }

    async fn sleep(&self, time: Duration) {
        let Some(end) = Instant::now().checked_add(time) else {
            // No clock will see it.
            return pending().await;
        };
        poll_fn(|_| {
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            let mut now = self.shared.now();
            now.until = Some(now.until.map_or(end, |until| until.min(end)));
            Poll::Pending
        })
        .await;
    }
}

/// The connection of a thread.
#[derive(Debug)]
pub(in super::super) struct Socket {
    stream: Arc<TcpStream>,
    shared: Arc<Shared>,
}

impl Stream for Socket {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.stream)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.shared.is_ready(READABLE) {
            return Poll::Pending;
        }
        // So much of the buffer is touched as there is to read: at the end, or after a failure, there is
        // nothing, and one byte of room to be told so.
        let there = usize::try_from(rustix::io::ioctl_fionread(&*self.stream)?);
        let room = there.unwrap_or(usize::MAX).clamp(1, buf.remaining().max(1));
        let room = buf.initialize_unfilled_to(room.min(buf.remaining()));
        match (&*self.stream).read(room) {
            Ok(amount) => {
                buf.advance(amount);
                Poll::Ready(Ok(()))
            }
            Err(error) if is_passing(&error) => {
                self.shared.wants(PollFlags::IN);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.shared.is_cancelled() {
            return Poll::Pending;
        }
        match (&*self.stream).write(bytes) {
            Err(error) if is_passing(&error) => {
                self.shared.wants(PollFlags::OUT);
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
