//! The socket as hyper sees it: it tells the exchange what passes, and holds back, ends or replaces
//! the bytes of an answer as its fate has it.

use crate::http::write_schedule::Schedule;
use crate::net::http1::connection_state::Exchange;
use crate::net::system_calls as system;
use flagpole_protocol::{Ending, Fate, ResponseContent};
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How long an ending waits for the peer: to take what it was promised before a reset, or to close
/// its side after a cut.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often an ending looks whether the peer's system has taken everything.
const LOOK: Duration = Duration::from_millis(1);

/// How much of what a peer sends ahead is kept, in bytes; behind that it is not seen to leave.
const AHEAD_MAX: usize = 64 << 10;

/// What `garbage` sends: no HTTP version, no status, bytes outside of ASCII, and an empty line, so
/// that a reader who looks for the end of a head finds one.
const GARBAGE: &[u8] = b"\x00\x01\xfe\xff garbage \x80\x90\r\n\r\n";

/// The socket of one connection.
pub(crate) struct Wire {
    stream: TcpStream,
    exchange: Rc<Exchange>,
    answer: Option<Answer>,
    /// What the peer sent while its answer was awaited.
    ahead: Vec<u8>,
}

/// An answer whose bytes are not all to be written at once.
struct Answer {
    schedule: Schedule,
    /// When it was due.
    start: Instant,
    written: u64,
    /// What is sent in place of what hyper writes.
    instead: Option<&'static [u8]>,
    wait: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// When the patience with the peer ends, once the answer has.
    patience: Option<Instant>,
}

/// What the exchange knows of such an answer before its head is written.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) fate: Fate,
    pub(crate) body: u64,
    pub(crate) start: Instant,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, exchange: Rc<Exchange>) -> Wire {
        Wire {
            stream,
            exchange,
            answer: None,
            ahead: Vec::new(),
        }
    }

    /// Writes as much of an answer as is allowed now, or ends it.
    fn poll_answer(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let Some(answer) = &mut self.answer else {
                return self.poll_plain(context, bytes);
            };
            if answer.written >= answer.schedule.end() {
                return self.poll_end(context).map(Err);
            }
            let allowed = answer.schedule.allowed(answer.start.elapsed()) - answer.written;
            if allowed > 0 {
                let source = answer.instead.unwrap_or(bytes);
                let some = source
                    .len()
                    .min(usize::try_from(allowed).unwrap_or(usize::MAX));
                let written =
                    ready!(Pin::new(&mut self.stream).poll_write(context, &source[..some]))?;
                answer.written += written as u64;
                self.exchange.written();
                match &mut answer.instead {
                    None => return Poll::Ready(Ok(written)),
                    Some(rest) => *rest = &rest[written..],
                }
                continue;
            }
            let next = answer.schedule.next(answer.written);
            let next = next.map(|time| answer.start + time);
            self.poll_hang_up(context)?;
            let Some(answer) = &mut self.answer else {
                continue;
            };
            ready!(answer.poll_wait(context, &self.exchange, next));
        }
    }

    /// Looks whether the peer has left while its answer is awaited. hyper looks by itself, but only as
    /// long as it has read nothing behind the request; so what a peer sends meanwhile is kept here.
    ///
    /// # Errors
    /// If the peer has left, or closed its sending side, which can not be told from leaving.
    fn poll_hang_up(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.ahead.len() < AHEAD_MAX {
            let mut bytes = [0; 2048];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer)? {
                Poll::Pending => break,
                Poll::Ready(()) if buffer.filled().is_empty() => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Poll::Ready(()) => self.ahead.extend_from_slice(buffer.filled()),
            }
        }
        Ok(())
    }

    fn poll_plain(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.exchange.written();
        Poll::Ready(Ok(written))
    }

    /// Takes on the answer whose head hyper begins to write.
    fn begin(&mut self, script: &Script, bytes: &[u8]) {
        let instead = (script.fate.content == ResponseContent::Garbage).then_some(GARBAGE);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let head = instead.map_or(end.map_or(bytes.len(), |end| end + 4), <[u8]>::len);
        let body = if instead.is_some() { 0 } else { script.body };
        let schedule = Schedule::of(&script.fate, head as u64, body);
        let start = script.start;
        self.exchange.postpone(schedule.next(0).unwrap_or_default());
        let answer = Answer {
            schedule,
            start,
            written: 0,
            instead,
            wait: None,
            patience: None,
        };
        self.answer = Some(answer);
    }

    /// What is to happen behind the last byte that is written: nothing to a complete answer, which
    /// gives the connection back.
    fn poll_after(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(answer) = &self.answer else {
            return Poll::Ready(Ok(()));
        };
        let schedule = &answer.schedule;
        if answer.written < schedule.end() {
            return Poll::Ready(Ok(()));
        }
        match schedule.ending() {
            Ending::Complete => {
                let release = schedule.release();
                self.poll_hang_up(context)?;
                let Some(answer) = &mut self.answer else {
                    return Poll::Ready(Ok(()));
                };
                if release.is_none_or(|time| answer.start.elapsed() < time) {
                    let until = release.map(|time| answer.start + time);
                    ready!(answer.poll_wait(context, &self.exchange, until));
                }
                self.answer = None;
                Poll::Ready(Ok(()))
            }
            Ending::Cut(_) | Ending::Reset(_) => self.poll_end(context).map(Err),
        }
    }

    /// Ends the connection; ready, with an error for hyper, when it is to be dropped.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let over = Poll::Ready(io::Error::from(io::ErrorKind::ConnectionAborted));
        let Some(answer) = &mut self.answer else {
            return over;
        };
        if answer.patience.is_none() {
            self.exchange
                .ended_by_fault(answer.schedule.is_whole(answer.written));
        }
        let patience = *answer
            .patience
            .get_or_insert_with(|| Instant::now() + PATIENCE);
        loop {
            let (ended, look) = match answer.schedule.ending() {
                Ending::Complete | Ending::Cut(_) => {
                    (poll_drained(&mut self.stream, context), patience)
                }
                Ending::Reset(_) => (is_taken(&self.stream), Instant::now() + LOOK),
            };
            // A peer that is gone, or takes too long, has had its chance.
            if !matches!(ended, Ok(false)) || Instant::now() >= patience {
                break;
            }
            ready!(answer.poll_wait(context, &self.exchange, Some(look)));
        }
        if let Ending::Reset(_) = answer.schedule.ending() {
            // Closing with zero linger sends a RST (socket(7), SO_LINGER).
            let _ = self.stream.set_zero_linger();
        }
        over
    }
}

impl Answer {
    /// Waits until an instant, or for ever.
    fn poll_wait(
        &mut self,
        context: &mut Context<'_>,
        exchange: &Rc<Exchange>,
        until: Option<Instant>,
    ) -> Poll<()> {
        let Some(until) = until else {
            return Poll::Pending;
        };
        let wait = self.wait.get_or_insert_with(|| {
            let exchange = exchange.clone();
            Box::pin(async move { exchange.worker().timer().sleep_until(until).await })
        });
        ready!(wait.as_mut().poll(context));
        self.wait = None;
        Poll::Ready(())
    }
}

/// Whether the peer's system has everything that was written.
fn is_taken(stream: &TcpStream) -> io::Result<bool> {
    Ok(system::unacknowledged(stream)? == 0)
}

/// Closes our side and throws away what the peer still sends; whether it has closed its side. Closing
/// with something unread would be a reset.
fn poll_drained(stream: &mut TcpStream, context: &mut Context<'_>) -> io::Result<bool> {
    match Pin::new(&mut *stream).poll_shutdown(context) {
        Poll::Pending => return Ok(false),
        Poll::Ready(shut) => shut?,
    }
    loop {
        let mut bytes = [0; 512];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut *stream).poll_read(context, &mut buffer)? {
            Poll::Pending => return Ok(false),
            Poll::Ready(()) if buffer.filled().is_empty() => return Ok(true),
            Poll::Ready(()) => {}
        }
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let some = cursor.remaining().min(self.ahead.len());
            cursor.put_slice(&self.ahead[..some]);
            self.ahead.drain(..some);
            return Poll::Ready(Ok(()));
        }
        // hyper's buffer is not initialised, and to lend it to tokio takes unsafe code; so the bytes
        // go through one of ours. Heads are short.
        let mut bytes = [MaybeUninit::uninit(); 2048];
        let room = cursor.remaining().min(bytes.len());
        let mut buffer = ReadBuf::uninit(&mut bytes[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        if !buffer.filled().is_empty() {
            self.exchange.read();
            cursor.put_slice(buffer.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(script) = self.exchange.take_script() {
            self.begin(&script, bytes);
        }
        self.poll_answer(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.answer.is_some() || self.exchange.has_script() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.poll_write(context, first.map_or(&[], |slice| slice));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.exchange.written();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_after(context))?;
        self.exchange.flushed();
        if self.exchange.is_open() {
            self.poll_hang_up(context)?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.answer.is_some() {
            // The answer ends as its fate has it, not with the FIN that hyper would send.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
