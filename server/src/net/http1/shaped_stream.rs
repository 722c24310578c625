//! The stream that hyper writes to: delays, cuts, resets or replaces the bytes of a response by its write
//! schedule, because hyper can do none of that, and reports reads and writes to the connection's state.

use crate::http::write_schedule::WriteSchedule;
use crate::net::http1::connection_state::{ConnectionState, WritePlan};
use crate::net::system_calls;
use flagpole_protocol::{Ending, ResponseContent};
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How long the end of a connection waits for the peer: a reset waits until the peer has acknowledged the
/// bytes before the reset, a cut waits until the peer has closed its side.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Interval between checks whether the peer has acknowledged everything.
const ACK_POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Maximum number of bytes that are read ahead during a response. If a peer sends more, its disconnection
/// is not noticed until the response is complete.
const MAX_READ_AHEAD: usize = 64 << 10;

/// The bytes of the fault `garbage`: no HTTP version, no status, bytes outside of ASCII. The empty line at
/// the end lets a client that looks for the end of a head find one.
const GARBAGE: &[u8] = b"\x00\x01\xfe\xff garbage \x80\x90\r\n\r\n";

/// The socket of one connection, and the response that is written by a schedule, if there is one.
pub(crate) struct ShapedStream {
    stream: TcpStream,
    state: Rc<ConnectionState>,
    response: Option<ScheduledResponse>,
    /// Bytes of the next requests, which the peer sent before the response was complete.
    read_ahead: Vec<u8>,
}

/// A response whose bytes are written by a schedule.
struct ScheduledResponse {
    schedule: WriteSchedule,
    due: Instant,
    /// Bytes written, from the start of the head.
    written: u64,
    /// The rest of the bytes that are sent in place of those that hyper writes.
    replacement: Option<&'static [u8]>,
    sleep: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// When the end of the connection stops waiting for the peer; `None` before a fault ends it.
    close_deadline: Option<Instant>,
}

impl ShapedStream {
    pub(crate) fn new(stream: TcpStream, state: Rc<ConnectionState>) -> ShapedStream {
        ShapedStream {
            stream,
            state,
            response: None,
            read_ahead: Vec::new(),
        }
    }

    /// Writes as many bytes as the schedule permits now; ends the connection at the offset of a cut or reset.
    fn poll_response(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let Some(response) = &mut self.response else {
                return self.poll_unshaped(context, bytes);
            };
            if response.written >= response.schedule.end_offset() {
                return self.poll_end(context).map(Err);
            }
            let budget = response.schedule.byte_budget(response.due.elapsed()) - response.written;
            if budget > 0 {
                let source = response.replacement.unwrap_or(bytes);
                let length = source
                    .len()
                    .min(usize::try_from(budget).unwrap_or(usize::MAX));
                let written =
                    ready!(Pin::new(&mut self.stream).poll_write(context, &source[..length]))?;
                response.written += written as u64;
                self.state.on_bytes_written();
                match &mut response.replacement {
                    None => return Poll::Ready(Ok(written)),
                    Some(rest) => *rest = &rest[written..],
                }
                continue;
            }
            let next = response.schedule.next_write_at(response.written);
            let next = next.map(|time| response.due + time);
            self.poll_disconnect(context)?;
            let Some(response) = &mut self.response else {
                continue;
            };
            ready!(response.poll_sleep(context, &self.state, next));
        }
    }

    /// Reads ahead to find out whether the peer has disconnected during the response. hyper stops to look
    /// for a disconnection as soon as it has read bytes of a further request.
    ///
    /// # Errors
    /// If the peer has disconnected, or has closed its writing side: a FIN of either kind looks the same.
    fn poll_disconnect(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.read_ahead.len() < MAX_READ_AHEAD {
            let mut bytes = [0; 2048];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer)? {
                Poll::Pending => break,
                Poll::Ready(()) if buffer.filled().is_empty() => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Poll::Ready(()) => self.read_ahead.extend_from_slice(buffer.filled()),
            }
        }
        Ok(())
    }

    /// Writes bytes of a response without a schedule.
    fn poll_unshaped(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.state.on_bytes_written();
        Poll::Ready(Ok(written))
    }

    /// Starts the schedule of a response; `bytes` begin with its head.
    fn begin(&mut self, plan: &WritePlan, bytes: &[u8]) {
        let replacement = (plan.fate.content == ResponseContent::Garbage).then_some(GARBAGE);
        // hyper writes a head in one slice, alone or before the body.
        let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let head = replacement.map_or(head_end.map_or(bytes.len(), |end| end + 4), <[u8]>::len);
        let body = if replacement.is_some() {
            0
        } else {
            plan.body_length
        };
        let schedule = WriteSchedule::new(&plan.fate, head as u64, body);
        self.state
            .postpone_due(schedule.next_write_at(0).unwrap_or_default());
        let response = ScheduledResponse {
            schedule,
            due: plan.due,
            written: 0,
            replacement,
            sleep: None,
            close_deadline: None,
        };
        self.response = Some(response);
    }

    /// Ready at once before the last byte of a scheduled response, and after it when the connection can be
    /// reused or, with an error for hyper, must be dropped.
    fn poll_completion(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(response) = &self.response else {
            return Poll::Ready(Ok(()));
        };
        let schedule = &response.schedule;
        if response.written < schedule.end_offset() {
            return Poll::Ready(Ok(()));
        }
        match schedule.ending {
            Ending::Complete | Ending::CutAtNextRequest => {
                let reuse_at = schedule.reuse_at();
                if reuse_at != Some(Duration::ZERO) {
                    // The connection pauses after the last byte (`hang:100%`).
                    self.state.finish_request(true);
                }
                self.poll_disconnect(context)?;
                let Some(response) = &mut self.response else {
                    return Poll::Ready(Ok(()));
                };
                if reuse_at.is_none_or(|time| response.due.elapsed() < time) {
                    let until = reuse_at.map(|time| response.due + time);
                    ready!(response.poll_sleep(context, &self.state, until));
                }
                self.response = None;
                Poll::Ready(Ok(()))
            }
            Ending::Cut(_) | Ending::Reset(_) => self.poll_end(context).map(Err),
        }
    }

    /// Ends the connection by a cut or a reset; ready, with an error for hyper, when hyper must drop the
    /// connection.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let aborted = Poll::Ready(io::Error::from(io::ErrorKind::ConnectionAborted));
        let Some(response) = &mut self.response else {
            return aborted;
        };
        if response.close_deadline.is_none() {
            let completed = response.schedule.is_complete(response.written);
            self.state.end_by_fault(completed);
        }
        let close_deadline = *response
            .close_deadline
            .get_or_insert_with(|| Instant::now() + CLOSE_TIMEOUT);
        loop {
            let (ended, check_at) = match response.schedule.ending {
                // `Complete`: hyper writes more bytes than the body has.
                Ending::Complete | Ending::Cut(_) | Ending::CutAtNextRequest => {
                    (poll_drained(&mut self.stream, context), close_deadline)
                }
                Ending::Reset(_) => (
                    system_calls::unacknowledged_bytes(&self.stream).map(|bytes| bytes == 0),
                    Instant::now() + ACK_POLL_INTERVAL,
                ),
            };
            // An error means that the peer has disconnected.
            if !matches!(ended, Ok(false)) || Instant::now() >= close_deadline {
                break;
            }
            ready!(response.poll_sleep(context, &self.state, Some(check_at)));
        }
        if let Ending::Reset(_) = response.schedule.ending {
            // Closing with zero linger sends a RST (socket(7), SO_LINGER).
            let _ = self.stream.set_zero_linger();
        }
        aborted
    }
}

impl ScheduledResponse {
    /// Waits until an instant; forever without an instant.
    fn poll_sleep(
        &mut self,
        context: &mut Context<'_>,
        state: &Rc<ConnectionState>,
        until: Option<Instant>,
    ) -> Poll<()> {
        let Some(until) = until else {
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| {
            let state = state.clone();
            Box::pin(async move { state.worker.timer.sleep_until(until).await })
        });
        ready!(sleep.as_mut().poll(context));
        self.sleep = None;
        Poll::Ready(())
    }
}

/// Sends a FIN and discards what the peer still sends; true once the peer has closed its side. Without the
/// discarding, closing the socket with unread bytes would send a reset.
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

impl Read for ShapedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.read_ahead.is_empty() {
            let length = cursor.remaining().min(self.read_ahead.len());
            cursor.put_slice(&self.read_ahead[..length]);
            self.read_ahead.drain(..length);
            return Poll::Ready(Ok(()));
        }
        // hyper's buffer is not initialised, and lending it to tokio needs unsafe code; a copy is cheap,
        // because heads are short.
        let mut bytes = [MaybeUninit::uninit(); 2048];
        let length = cursor.remaining().min(bytes.len());
        let mut buffer = ReadBuf::uninit(&mut bytes[..length]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        if !buffer.filled().is_empty() {
            self.state.on_bytes_read();
            cursor.put_slice(buffer.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for ShapedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(plan) = self.state.write_plan.take() {
            self.begin(&plan, bytes);
        }
        self.poll_response(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.response.is_some() || self.state.write_plan.borrow().is_some() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.poll_write(context, first.map_or(&[], |slice| slice));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.state.on_bytes_written();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_completion(context))?;
        self.state.on_flushed();
        if self.state.has_active_request() {
            self.poll_disconnect(context)?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.response.is_some() {
            // The response ends as its fate says, not with the FIN that hyper would send.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
